//! JSON patches (RFC 6902), as far as the mutants need them.

use serde_json::Value;

/// Applies the operations one after the other.
pub(crate) fn apply(document: &mut Value, patch: &Value) {
    for operation in patch.as_array().unwrap() {
        let path = operation["path"].as_str().unwrap();
        match operation["op"].as_str().unwrap() {
            "add" => add(document, path, operation["value"].clone()),
            "remove" => drop(remove(document, path)),
            "replace" => {
                *document.pointer_mut(path).unwrap_or_else(|| panic!("no {path}")) = operation["value"].clone()
            }
            "move" => {
                let value = remove(document, operation["from"].as_str().unwrap());
                add(document, path, value);
            }
            other => panic!("operation {other}"),
        }
    }
}

fn split<'v>(document: &'v mut Value, path: &str) -> (&'v mut Value, String) {
    let (above, last) = path.rsplit_once('/').unwrap();
    (document.pointer_mut(above).unwrap_or_else(|| panic!("no {above}")), last.replace("~1", "/").replace("~0", "~"))
}

fn add(document: &mut Value, path: &str, value: Value) {
    match split(document, path) {
        (Value::Object(object), key) => drop(object.insert(key, value)),
        (Value::Array(items), key) if key == "-" => items.push(value),
        (Value::Array(items), key) => items.insert(key.parse().unwrap(), value),
        _ => panic!("nothing to add to at {path}"),
    }
}

fn remove(document: &mut Value, path: &str) -> Value {
    match split(document, path) {
        (Value::Object(object), key) => object.shift_remove(&key).unwrap_or_else(|| panic!("no {path}")),
        (Value::Array(items), key) => items.remove(key.parse().unwrap()),
        _ => panic!("nothing to remove at {path}"),
    }
}
