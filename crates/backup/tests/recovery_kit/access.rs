//! How restic reaches each kind of destination.

use crate::{destination, ftp, local, office, s3, sftp, sftp_with_key, smb};
use latarnik_backup::recovery_kit::{
    Access, DestinationEntry, FtpEncryption, KitPlace, S3Addressing,
};
use latarnik_destinations::Secret;

fn entry(place: KitPlace) -> DestinationEntry {
    let mut kit = office();
    kit.destinations = vec![destination("here", place)];
    kit.file().unwrap().destinations.remove(0)
}

fn variables(access: &Access) -> Vec<(&str, &str)> {
    let variables = access.environment.iter();
    variables
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

#[test]
fn s3_is_reached_by_the_environment() {
    let access = entry(s3()).linux;
    assert_eq!(
        access.repository,
        "s3:https://s3.eu-central-2.wasabisys.com/kopie-kancelaria/serwer-01/dokumenty"
    );
    assert_eq!(
        variables(&access),
        [
            ("AWS_ACCESS_KEY_ID", "EXAMPLEACCESSKEY0001"),
            ("AWS_DEFAULT_REGION", "eu-central-2"),
            (
                "AWS_SECRET_ACCESS_KEY",
                "example/Secret+Key0123456789abcdefghijkl"
            ),
        ]
    );
    assert_eq!(access.options, ["-o", "s3.bucket-lookup=path"]);
}

#[test]
fn s3_with_little_and_with_everything() {
    let place = |endpoint: &str, prefix: &str, authority: Option<&str>| KitPlace::S3 {
        endpoint: endpoint.to_owned(),
        bucket: "b".to_owned(),
        prefix: prefix.to_owned(),
        region: None,
        access_key: "a".to_owned(),
        secret_key: Secret::new("s"),
        session_token: authority.map(|_| Secret::new("t")),
        addressing: S3Addressing::Automatic,
        authority: authority.map(str::to_owned),
    };
    let bare = entry(place("minio.example:9000/", "", None)).linux;
    assert_eq!(bare.repository, "s3:https://minio.example:9000/b");
    assert_eq!(bare.options, [""; 0]);
    let plain = entry(place("http://minio.example", "/p/", None)).linux;
    assert_eq!(plain.repository, "s3:http://minio.example/b/p");
    let private = entry(place("minio.example", "p", Some("PEM"))).linux;
    assert_eq!(private.options, ["--cacert", "latarnik-ca.pem"]);
    assert_eq!(private.files[0].contents.reveal(), "PEM");
    assert_eq!(private.environment["AWS_SESSION_TOKEN"], "t");
}

#[test]
fn sftp_paths_are_encoded_and_the_password_is_asked_for() {
    let access = entry(sftp()).linux;
    assert_eq!(
        access.repository,
        "sftp://latarnik@backup.example:2222//srv/kopie%20dokument%C3%B3w"
    );
    assert_eq!(access.asked_for.unwrap().password.reveal(), "sftp-password");
    assert!(access.host_key.unwrap().starts_with("SHA256:"));
}

#[test]
fn an_sftp_key_is_a_file_that_others_may_not_read() {
    let entry = entry(sftp_with_key());
    assert_eq!(
        entry.linux.repository,
        "sftp://latarnik@[2001:db8::7]:22/kopie"
    );
    assert_eq!(
        entry.linux.options,
        [
            "-o",
            "sftp.command=ssh -i latarnik-ssh-key -p 22 -l latarnik 2001:db8::7 -s sftp"
        ]
    );
    assert_eq!(entry.linux.prepare, ["chmod 600 latarnik-ssh-key"]);
    assert!(entry.windows.prepare[0].starts_with("icacls latarnik-ssh-key "));
    assert!(
        entry.linux.files[0]
            .contents
            .reveal()
            .starts_with("-----BEGIN")
    );
    assert!(
        entry
            .linux_commands
            .list
            .starts_with("restic -o 'sftp.command=ssh -i")
    );
}

#[test]
fn ftp_goes_through_rclone() {
    let entry = entry(ftp(FtpEncryption::Explicit));
    assert_eq!(entry.linux.repository, "rclone:kit:/kopie");
    assert_eq!(
        variables(&entry.linux),
        [
            ("RCLONE_CONFIG_KIT_EXPLICIT_TLS", "true"),
            ("RCLONE_CONFIG_KIT_HOST", "ftp.example"),
            ("RCLONE_CONFIG_KIT_PORT", "21"),
            ("RCLONE_CONFIG_KIT_TYPE", "ftp"),
            ("RCLONE_CONFIG_KIT_USER", "kopie@example"),
        ]
    );
    assert_eq!(
        entry.linux.rclone_config.unwrap(),
        "[kit]\ntype = ftp\nhost = ftp.example\nport = 21\nuser = kopie@example\nexplicit_tls = true\n"
    );
    let password = "RCLONE_CONFIG_KIT_PASS";
    assert_eq!(entry.linux.obscured_environment[password], "-ftp\"password");
    assert!(entry.linux_commands.set.contains(
        &r#"export RCLONE_CONFIG_KIT_PASS="$(rclone obscure -- '-ftp"password')""#.to_owned()
    ));
    assert!(entry.windows_commands.set.contains(
        &r#"$env:RCLONE_CONFIG_KIT_PASS = rclone obscure -- '-ftp"password'"#.to_owned()
    ));
}

#[test]
fn ftp_says_how_it_is_encrypted() {
    let has = |encryption, name: &str| {
        let access = entry(ftp(encryption)).linux;
        access
            .environment
            .contains_key(&format!("RCLONE_CONFIG_KIT_{name}"))
    };
    assert!(has(FtpEncryption::Implicit, "TLS"));
    assert!(!has(FtpEncryption::Implicit, "EXPLICIT_TLS"));
    assert!(!has(FtpEncryption::None, "TLS"));
    assert!(!has(FtpEncryption::None, "EXPLICIT_TLS"));
}

#[test]
fn a_share_goes_through_rclone_on_linux_and_through_the_system_on_windows() {
    let entry = entry(smb());
    assert_eq!(
        entry.linux.repository,
        "rclone:kit:Kopie/Serwer 01/dokumenty"
    );
    assert_eq!(
        entry.linux.environment["RCLONE_CONFIG_KIT_DOMAIN"],
        "KANCELARIA"
    );
    assert_eq!(
        entry.windows.repository,
        r"\\nas.kancelaria.example\Kopie\Serwer 01\dokumenty"
    );
    assert_eq!(
        entry.windows.prepare,
        [
            r"net use '\\nas.kancelaria.example\Kopie' 'nas pa$$ ''word''' /user:'KANCELARIA\latarnik'"
        ]
    );
}

#[test]
fn a_folder_is_its_path() {
    let entry = entry(local("/mnt/it's"));
    assert_eq!(entry.linux.repository, "/mnt/it's");
    let set = |commands: &[String]| commands[0].clone();
    assert_eq!(
        set(&entry.linux_commands.set),
        r"export RESTIC_REPOSITORY='/mnt/it'\''s'"
    );
    assert_eq!(
        set(&entry.windows_commands.set),
        "$env:RESTIC_REPOSITORY = '/mnt/it''s'"
    );
}
