//! A certificate authority for tests.

use latarnik_protocol::Fingerprint;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

pub(crate) struct Authority {
    pub(crate) certificate: rcgen::Certificate,
    issuer: Issuer<'static, KeyPair>,
}

/// Days from today.
pub(crate) struct Validity {
    pub(crate) from: i64,
    pub(crate) until: i64,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let certificate = parameters.self_signed(&key).unwrap();
        Self {
            certificate,
            issuer: Issuer::new(parameters, key),
        }
    }

    pub(crate) fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.certificate.der())
    }

    /// The chain and key of a gateway with these names, valid for these days around today.
    pub(crate) fn gateway(
        &self,
        names: &[&str],
        validity: &Validity,
    ) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut parameters = CertificateParams::new(names).unwrap();
        let now = std::time::Duration::from_secs(
            u64::try_from(crate::harness::system_now().as_second()).unwrap(),
        );
        let day = |days: i64| {
            let seconds = i64::try_from(now.as_secs()).unwrap() + days * 86_400;
            rcgen::date_time_ymd(1970, 1, 1)
                + std::time::Duration::from_secs(seconds.unsigned_abs())
        };
        parameters.not_before = day(validity.from);
        parameters.not_after = day(validity.until);
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        let chain = vec![certificate.der().clone(), self.certificate.der().clone()];
        (chain, PrivateKeyDer::try_from(key.serialize_der()).unwrap())
    }

    /// A client certificate for the key of a signing request.
    pub(crate) fn sign(&self, request: &str) -> rcgen::Certificate {
        let mut request = CertificateSigningRequestParams::from_pem(request).unwrap();
        request.params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        request.params.not_after = rcgen::date_time_ymd(2099, 1, 1);
        request.signed_by(&self.issuer).unwrap()
    }
}
