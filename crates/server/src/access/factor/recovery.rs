//! Recovery codes: ten, each works once, for those who lost their second factor. Kept as hashes. New codes make old ones
//! worthless, because the hash covers the generation they belong to.

use quell_model::UserId;
use quell_model::ports::Random;

use crate::access::secret;

/// How many codes there are.
pub(crate) const CODES: usize = 10;
/// Letters and digits that are not mistaken for each other; 32, so that a byte gives five bits without bias.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
const GROUP: usize = 4;

/// New codes, 80 bits each, as `xxxx-xxxx-xxxx-xxxx`.
pub(crate) fn codes(random: &dyn Random) -> Vec<String> {
    (0..CODES).map(|_| code(&secret::bytes(random))).collect()
}

/// The hash of a code of a user, however it is typed.
pub(crate) fn recovery_hash(user: &UserId, generation: &str, code: &str) -> [u8; 32] {
    let plain: String = code.chars().filter(|letter| letter.is_alphanumeric()).collect();
    secret::sha256_of(&["recovery", user.as_str(), generation, &plain.to_lowercase()])
}

fn code(bytes: &[u8; 4 * GROUP]) -> String {
    let letters: Vec<char> = bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
    letters.chunks(GROUP).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::testing::Counting;

    #[test]
    fn codes_differ_and_may_be_typed_freely() {
        let codes = codes(&Counting::default());
        assert!(codes.len() == CODES && codes.iter().all(|code| code.len() == 19));
        let user = UserId::new("usr-1");
        let hash = |generation, code: &str| recovery_hash(&user, generation, code);
        let code = &codes[0];
        assert_eq!(hash("g", code), hash("g", &code.replace('-', " ").to_uppercase()));
        assert_ne!(hash("g", code), hash("h", code));
        assert_ne!(hash("g", code), recovery_hash(&UserId::new("usr-2"), "g", code));
        assert!(LETTERS.iter().collect::<std::collections::BTreeSet<_>>().len() == 32);
    }
}
