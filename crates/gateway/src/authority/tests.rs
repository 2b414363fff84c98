use super::{signing_request::SigningRequestInvalid, *};
use crate::Authorities;
use latarnik_model::{DeviceId, TenantId};
use rcgen::{PKCS_ECDSA_P384_SHA384, PKCS_ED25519, SignatureAlgorithm};
use rustls_pki_types::CertificateSigningRequestDer;
use std::{fs, os::unix::fs::PermissionsExt, sync::Arc};
use tempfile::TempDir;

fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn folder() -> (TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("data/authority");
    (root, path)
}

fn open_or_create(path: &Path, now: Timestamp) -> Result<Arc<Authority>, AuthorityError> {
    Authorities::open_or_create(path, now).map(|authorities| authorities.present())
}

fn identity() -> AgentIdentity {
    AgentIdentity {
        device_id: DeviceId(uuid::Uuid::from_u128(7)),
        tenant_id: TenantId(uuid::Uuid::from_u128(9)),
    }
}

fn signing_request(algorithm: &'static SignatureAlgorithm) -> String {
    let key = KeyPair::generate_for(algorithm).unwrap();
    CertificateParams::default()
        .serialize_request(&key)
        .unwrap()
        .pem()
        .unwrap()
}

fn certificate_der(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
}

#[test]
fn authority_is_made_once_and_stays_the_same() {
    let (_root, path) = folder();
    let first = open_or_create(&path, now()).unwrap();
    let second = open_or_create(&path, now()).unwrap();
    assert_eq!(first.fingerprint(), second.fingerprint());
    assert_eq!(first.certificate_pem(), second.certificate_pem());
    assert_eq!(
        Fingerprint::of(&certificate_der(first.certificate_pem())),
        first.fingerprint()
    );
}

#[test]
fn key_and_folder_are_private() {
    let (_root, path) = folder();
    open_or_create(&path, now()).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o700);
    assert_eq!(mode(&path.join("key.pem")), 0o600);
    assert_eq!(
        fs::read_dir(path.parent().unwrap()).unwrap().count(),
        1,
        "staging is left behind"
    );
}

#[test]
fn key_that_others_can_read_is_refused() {
    let (_root, path) = folder();
    open_or_create(&path, now()).unwrap();
    fs::set_permissions(path.join("key.pem"), fs::Permissions::from_mode(0o640)).unwrap();
    let error = open_or_create(&path, now()).unwrap_err();
    assert!(
        error.to_string().contains("(mode 640); run `chmod 600`"),
        "{error}"
    );
}

#[test]
fn key_of_another_authority_is_refused() {
    let ((_a, first), (_b, second)) = (folder(), folder());
    open_or_create(&first, now()).unwrap();
    open_or_create(&second, now()).unwrap();
    fs::copy(first.join("key.pem"), second.join("key.pem")).unwrap();
    let error = open_or_create(&second, now()).unwrap_err();
    assert!(matches!(error, AuthorityError::Mismatch { .. }), "{error}");
}

#[test]
fn missing_or_damaged_files_are_named_and_never_replaced() {
    for name in ["key.pem", "certificate.pem"] {
        let (_root, path) = folder();
        open_or_create(&path, now()).unwrap();
        let file = path.join(name);
        fs::write(&file, "garbage").unwrap();
        let error = open_or_create(&path, now()).unwrap_err();
        assert!(
            matches!(&error, AuthorityError::Damaged { path } if *path == file),
            "{error}"
        );
        fs::remove_file(&file).unwrap();
        let error = open_or_create(&path, now()).unwrap_err();
        assert!(
            matches!(&error, AuthorityError::Read { path, .. } if *path == file),
            "{error}"
        );
    }
}

#[test]
fn authority_that_ended_says_so() {
    let (_root, path) = folder();
    open_or_create(&path, now()).unwrap();
    let later = now()
        .checked_add(AUTHORITY_LIFETIME + SignedDuration::from_hours(1))
        .unwrap();
    let error = open_or_create(&path, later).unwrap_err();
    assert!(matches!(error, AuthorityError::Ended { .. }), "{error}");
}

#[test]
fn client_certificate_carries_the_servers_words_and_the_agents_key() {
    let (_root, path) = folder();
    let authority = open_or_create(&path, now()).unwrap();
    for algorithm in [&rcgen::PKCS_ECDSA_P256_SHA256, &PKCS_ED25519] {
        let request = SigningRequest::parse(&signing_request(algorithm)).unwrap();
        let issued = authority
            .sign_client(&request, &identity(), now(), [0; 16])
            .unwrap();
        let der = certificate_der(&issued.pem);
        let (_, certificate) = x509_parser::parse_x509_certificate(&der).unwrap();
        assert_eq!(issued.fingerprint, Fingerprint::of(&der));
        assert_eq!(certificate.raw_serial(), issued.serial);
        assert_eq!(
            certificate.subject().to_string(),
            "CN=00000000-0000-0000-0000-000000000007, O=00000000-0000-0000-0000-000000000009"
        );
        assert_eq!(
            Fingerprint::of(certificate.public_key().raw),
            request.key_fingerprint()
        );
        let usage = certificate.extended_key_usage().unwrap().unwrap().value;
        assert!(usage.client_auth && !usage.server_auth);
        assert!(!certificate.is_ca());
        assert_eq!(
            certificate.validity().not_after.timestamp(),
            issued.not_after.as_second()
        );
        assert_eq!(issued.not_after.duration_since(now()), LEAF_LIFETIME);
    }
}

#[test]
fn gateway_certificate_is_for_its_host_and_loopback() {
    let (_root, path) = folder();
    let authority = open_or_create(&path, now()).unwrap();
    for (host, names) in [
        ("rmm.example.com", 4),
        ("192.0.2.7", 4),
        ("localhost", 3),
        ("::1", 3),
    ] {
        let leaf = authority.sign_gateway(host, now(), [255; 16]).unwrap();
        let (_, certificate) = x509_parser::parse_x509_certificate(&leaf.chain[0]).unwrap();
        let alternatives = certificate
            .subject_alternative_name()
            .unwrap()
            .unwrap()
            .value;
        assert_eq!(alternatives.general_names.len(), names, "{host}");
        assert_eq!(leaf.chain[1], *authority.certificate());
    }
    assert!(authority.sign_gateway("żółw", now(), [1; 16]).is_err());
}

#[test]
fn signing_request_with_a_wrong_signature_is_refused() {
    let pem = signing_request(&rcgen::PKCS_ECDSA_P256_SHA256);
    let der = CertificateSigningRequestDer::from_pem_slice(pem.as_bytes()).unwrap();
    let mut other = der.to_vec();
    let name = b"rcgen self signed cert";
    let position = other
        .windows(name.len())
        .position(|window| window == name)
        .unwrap();
    other[position] = b'R';
    let pem = pem::encode(&pem::Pem::new("CERTIFICATE REQUEST", other));
    assert_eq!(
        SigningRequest::parse(&pem).unwrap_err(),
        SigningRequestInvalid::Signature
    );
}

#[test]
fn signing_request_with_another_kind_of_key_is_refused() {
    let pem = signing_request(&PKCS_ECDSA_P384_SHA384);
    assert_eq!(
        SigningRequest::parse(&pem).unwrap_err(),
        SigningRequestInvalid::KeyKind
    );
}

#[test]
fn what_is_no_signing_request_is_refused() {
    let (_root, path) = folder();
    let certificate = open_or_create(&path, now())
        .unwrap()
        .certificate_pem()
        .to_owned();
    let truncated = signing_request(&PKCS_ED25519).replace("-----END", "AAAA\n-----END");
    for text in [
        String::new(),
        "garbage".to_owned(),
        certificate,
        truncated,
        "A".repeat(1 << 20),
    ] {
        assert_eq!(
            SigningRequest::parse(&text).unwrap_err(),
            SigningRequestInvalid::Malformed
        );
    }
}
