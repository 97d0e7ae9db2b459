//! The lists of words of the standard: closed ones, and open ones, to which anybody may add.

/// Steps (closed).
pub(super) const STEPS: [&str; 8] =
    ["start", "end", "action", "playbook-action", "parallel", "if-condition", "while-condition", "switch-condition"];

/// Data markings (closed).
pub(super) const MARKINGS: [&str; 3] = ["marking-statement", "marking-tlp", "marking-iep"];

/// Levels of the traffic light protocol (closed), with the UUID of the one object for each.
pub(super) const TLP_LEVELS: [(&str, &str); 5] = [
    ("TLP:CLEAR", "94868c89-83c2-464b-929b-a1a8aa3c8487"),
    ("TLP:GREEN", "bab4a63c-aed9-4cf5-a766-dfca5abac2bb"),
    ("TLP:AMBER", "55d920b0-5e8b-4f79-9ee9-91f868d9b421"),
    ("TLP:AMBER+STRICT", "939a9414-2ddd-4d32-a0cd-375ea402b003"),
    ("TLP:RED", "e828b379-4e03-4974-9ac4-e53a884c97c1"),
];

/// Keys of addresses (closed).
pub(super) const ADDRESSES: [&str; 6] = ["dname", "ipv4", "ipv6", "l2mac", "vlan", "url"];

/// Regions (closed).
#[rustfmt::skip]
pub(super) const REGIONS: [&str; 29] = [
    "africa", "eastern-africa", "middle-africa", "northern-africa", "southern-africa", "western-africa", "americas",
    "caribbean", "central-america", "latin-america-caribbean", "northern-america", "south-america", "asia", "central-asia",
    "eastern-asia", "southern-asia", "south-eastern-asia", "western-asia", "europe", "eastern-europe", "northern-europe",
    "southern-europe", "western-europe", "oceania", "antarctica", "australia-new-zealand", "melanesia", "micronesia",
    "polynesia",
];

/// Hashes of signatures, as IANA spells them (closed).
pub(super) const HASHES: [&str; 7] = ["sha-256", "sha-384", "sha-512", "sha3-224", "sha3-256", "sha3-384", "sha3-512"];

/// Types of playbooks (open) with the rule that names what each must list, and that.
pub(super) const PLAYBOOKS: [(&str, &str, &[&str]); 8] = [
    ("notification", "type-activity-notification", &["compose-content"]),
    ("detection", "type-activity-detection", &["match-indicator"]),
    ("investigation", "type-activity-investigation", &["identify-indicators"]),
    ("prevention", "type-activity-prevention", &["configure-systems"]),
    ("mitigation", "type-activity-mitigation", &["eliminate-risk"]),
    ("remediation", "type-activity-remediation", &["restore-capabilities"]),
    ("attack", "type-activity-attack", &["step-sequence"]),
    (
        "engagement",
        "type-activity-engagement",
        &["prepare-engagement", "execute-operation", "analyze-engagement-results"],
    ),
];

/// Activities (open).
#[rustfmt::skip]
pub(super) const ACTIVITIES: [&str; 22] = [
    "compose-content", "deliver-content", "identify-audience", "identify-channel", "scan-system", "match-indicator",
    "analyze-collected-data", "identify-indicators", "scan-vulnerabilities", "configure-systems", "restrict-access",
    "disconnect-system", "eliminate-risk", "revert-system", "restore-data", "restore-capabilities", "map-network",
    "identify-steps", "step-sequence", "prepare-engagement", "execute-operation", "analyze-engagement-results",
];

/// Sectors (open).
#[rustfmt::skip]
pub(super) const SECTORS: [&str; 50] = [
    "aerospace", "aviation", "agriculture", "automotive", "biotechnology", "chemical", "commercial", "consulting",
    "construction", "cosmetics", "critical-infrastructure", "dams", "defense", "education", "emergency-services", "energy",
    "non-renewable-energy", "renewable-energy", "media", "financial", "food", "gambling", "government", "local-government",
    "national-government", "regional-government", "public-services", "healthcare", "information-communications-technology",
    "electronics-hardware", "software", "telecommunications", "legal-services", "lodging", "manufacturing", "maritime",
    "metals", "mining", "non-profit", "humanitarian-aid", "human-rights", "nuclear", "petroleum", "pharmaceuticals",
    "research", "transportation", "logistics-shipping", "utilities", "video-game", "water",
];

/// Categories of security infrastructure (open).
#[rustfmt::skip]
pub(super) const CATEGORIES: [&str; 26] = [
    "aaa", "analytics", "caldera", "content-gateway", "desktop", "endpoint", "firewall", "handset", "ids", "ips", "kali",
    "manx", "orchestrator", "os-linux", "os-mac", "os-windows", "redcanary-atomicred", "ragdoll", "router", "sandcat",
    "server", "siem", "switch", "ticketing", "tip", "wireless",
];

/// Types of variables (open).
#[rustfmt::skip]
pub(super) const VARIABLES: [&str; 15] = [
    "bool", "dictionary", "float", "hexstring", "integer", "ipv4-addr", "ipv6-addr", "long", "mac-addr", "hash", "md5-hash",
    "sha256-hash", "string", "uri", "uuid",
];

/// Algorithms of signatures (open).
#[rustfmt::skip]
pub(super) const ALGORITHMS: [&str; 19] = [
    "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "Ed25519", "Ed448", "XMSS-SHA2_10_256",
    "XMSS-SHA2_16_256", "XMSS-SHA2_20_256", "LMS_SHA256_M32_H5", "LMS_SHA256_M32_H10", "LMS_SHA256_M32_H15",
    "LMS_SHA256_M32_H20", "LMS_SHA256_M32_H25",
];
