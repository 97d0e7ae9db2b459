#!/usr/bin/env python3
"""validate_stix.py FILE...   Exit 0 if every file is a valid STIX 2.1 bundle.

Three checks of each file, all of which must pass:
  1. JSON as it should be: UTF-8, no duplicate key, no NaN; a `bundle` with objects.
  2. stix2.parse(..., allow_custom=False)                       (OASIS python library)
  3. the OASIS STIX 2.1 JSON schemas and MUST rules             (stix2-validator, no network)
and, unless --loose: own checks of references (nothing dangling), unique ids,
SCO ids (UUIDv5 over the contributing properties) and relationship types.
--warn prints the SHOULD findings of stix2-validator; --strict makes them errors.
Needs: pip install stix2==3.0.2 stix2-validator==3.3.2 (Python 3.10 or newer).
Exit: 0 valid, 1 not valid, 2 could not check.
"""
import argparse, contextlib, io, json, logging, pathlib, sys, uuid

SCO_NAMESPACE = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")   # STIX 2.1 section 2.9

def pairs_once(pairs):
    seen = {}
    for key, value in pairs:
        if key in seen:
            raise ValueError(f"duplicate key {key!r}")
        seen[key] = value
    return seen

def no_constant(name):
    raise ValueError(f"{name} is not JSON")

def load(path):
    raw = sys.stdin.buffer.read() if path == "-" else pathlib.Path(path).read_bytes()
    return json.loads(raw.decode("utf-8"), object_pairs_hook=pairs_once, parse_constant=no_constant)

def refs(value, key=""):
    """Every identifier under a *_ref or *_refs property."""
    if isinstance(value, dict):
        for k, v in value.items():
            yield from refs(v, k)
    elif isinstance(value, list):
        for v in value:
            yield from refs(v, key)
    elif isinstance(value, str) and (key.endswith("_ref") or key.endswith("_refs")):
        yield key, value

def own_checks(bundle, stix2):
    from stix2.v21 import observables
    from stix2.canonicalization.Canonicalize import canonicalize
    contributing = {c._type: c._id_contributing_properties for c in vars(observables).values()
                    if isinstance(c, type) and getattr(c, "_id_contributing_properties", None) is not None
                    and getattr(c, "_type", None)}
    from stix2validator.v21.enums import COMMON_RELATIONSHIPS, RELATIONSHIPS
    objects = bundle["objects"]
    ids = [o.get("id") for o in objects]
    for i in sorted({i for i in ids if ids.count(i) > 1}):
        yield f"{i}: more than once in the bundle"
    known = set(ids)
    for o in objects:
        oid = o.get("id", "?")
        for key, target in refs(o):
            if target not in known:
                yield f"{oid}: {key} points at {target}, which is not in the bundle"
        props = contributing.get(o.get("type"))
        if props:
            picked = {p: o[p] for p in props if p in o}
            if "hashes" in picked:                          # one hash only, first of this order
                for algo in ("MD5", "SHA-1", "SHA-256", "SHA-512"):
                    if algo in picked["hashes"]:
                        picked["hashes"] = {algo: picked["hashes"][algo]}
                        break
                else:
                    picked["hashes"] = dict([min(picked["hashes"].items())])
            if picked:
                want = f"{o['type']}--{uuid.uuid5(SCO_NAMESPACE, canonicalize(picked, utf8=False))}"
                if want != oid:
                    yield f"{oid}: deterministic id should be {want}"
        if o.get("type") == "relationship":
            src, dst = o["source_ref"].split("--")[0], o["target_ref"].split("--")[0]
            kind = o["relationship_type"]
            allowed = RELATIONSHIPS.get(src, {}).get(kind, [])
            if kind not in COMMON_RELATIONSHIPS and dst not in ([allowed] if isinstance(allowed, str) else allowed):
                yield f"{oid}: {src} {kind} {dst} is not a relationship of the specification"

def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("files", nargs="+")
    ap.add_argument("--loose", action="store_true", help="leave out the own checks")
    ap.add_argument("--warn", action="store_true", help="print SHOULD findings")
    ap.add_argument("--strict", action="store_true", help="SHOULD findings are errors")
    args = ap.parse_args()
    try:
        import stix2
        import stix2validator
        from stix2validator import ValidationOptions
    except ImportError as err:
        print(f"cannot check: {err}; pip install stix2==3.0.2 stix2-validator==3.3.2", file=sys.stderr)
        return 2
    logging.disable(logging.CRITICAL)
    bad = 0
    for name in args.files:
        errors, warnings = [], []
        try:
            bundle = load(name)
            if not isinstance(bundle, dict) or bundle.get("type") != "bundle":
                raise ValueError("not a STIX bundle")
            if not isinstance(bundle.get("objects"), list) or not bundle["objects"]:
                raise ValueError("the bundle has no objects")
            for o in bundle["objects"]:
                if isinstance(o, dict) and o.get("spec_version", "2.1") != "2.1":
                    errors.append(f"{o.get('id')}: spec_version {o.get('spec_version')!r} is not 2.1")
            try:
                stix2.parse(bundle, allow_custom=False, version="2.1")
            except Exception as err:                        # its exceptions have no common base
                errors.append(f"stix2: {type(err).__name__}: {str(err)[:500]}")
                for o in bundle["objects"]:                 # the bundle's message names no object
                    try:
                        stix2.parse(o, allow_custom=False, version="2.1")
                    except Exception as e:
                        errors.append(f"stix2: {o.get('id') if isinstance(o, dict) else o}: {str(e)[:500]}")
            # Left out of the SHOULDs: uuid-check (wants UUIDv4 even where v5 is chosen) and extref-hashes
            # (a hash for every URL of an external reference).  strict_types is off since it takes every
            # top-level SCO for a custom type; check 2 refuses custom types anyway.
            options = ValidationOptions(version="2.1", strict=args.strict, enforce_refs=not args.loose,
                                        disabled="uuid-check,extref-hashes", silent=True)
            with contextlib.redirect_stdout(io.StringIO()):
                result = stix2validator.validate_parsed_json(bundle, options)
            errors += [f"schema: {str(getattr(e, 'message', e))[:500]}" for e in result.errors or []]
            warnings = [str(w)[:300] for w in result.warnings or []]
            if not args.loose and not errors:
                errors += [f"own: {e}" for e in own_checks(bundle, stix2)]
        except (OSError, UnicodeDecodeError, ValueError, RecursionError, KeyError, AttributeError, TypeError) as err:
            errors.append(f"cannot read: {type(err).__name__}: {err}")
        except Exception as err:
            errors.append(f"{type(err).__name__}: {err}")
        for e in errors:
            print(f"{name}: {e}", file=sys.stderr)
        if args.warn:
            for w in warnings:
                print(f"{name}: warning: {w}", file=sys.stderr)
        print(f"{name}: {'INVALID (%d)' % len(errors) if errors else 'ok (%d objects)' % len(bundle['objects'])}")
        bad += bool(errors)
    return 1 if bad else 0

if __name__ == "__main__":
    sys.exit(main())
