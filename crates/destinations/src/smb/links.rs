//! Connections to a share, kept and made anew.

use super::{
    greeting::Greeting,
    settings::{Place, SmbEncryption},
    status,
};
use crate::{Failure, FailureCode, Operation};
use smb2::{
    Session, Tree,
    client::Connection,
    crypto::encryption::Cipher,
    msg::{
        tree_connect::{TreeConnectRequest, TreeConnectResponse},
        tree_disconnect::TreeDisconnectRequest,
    },
    pack::{ReadCursor, Unpack as _},
    transport::{ConnectOptions, TcpTransport},
    types::{Command, Dialect, flags::Capabilities},
};
use std::{
    sync::{
        Arc, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{Mutex, RwLock},
    time::Instant,
};

/// Requests share connections, several at once on each, so that a few are enough: they keep
/// signing and encrypting from being the work of a single task.
const LINKS: usize = 4;

/// A connection that was not used for so long may have been forgotten by whatever lies between,
/// without a word.
const TRUSTED_IDLE: Duration = Duration::from_secs(30);

/// Bytes that may be under way to the server on one connection.
const WRITE_BUDGET: u64 = 8 * 1024 * 1024;

/// The right to write, of [MS-SMB2] 2.2.13.1.1.
const FILE_WRITE_DATA: u32 = 0x2;

/// The connections of one destination.
#[derive(Debug)]
pub(super) struct Links {
    place: Place,
    slots: [Slot; LINKS],
    cleaning: Arc<RwLock<()>>,
}

#[derive(Debug, Default)]
struct Slot {
    /// Operations that use the connection now.
    busy: AtomicUsize,
    link: Mutex<Option<Link>>,
    used: std::sync::Mutex<Option<Instant>>,
}

#[derive(Clone)]
struct Link {
    connection: Connection,
    tree: Arc<Tree>,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Link")
    }
}

/// A connection in use by one operation.
pub(super) struct Lease<'a> {
    pub(super) connection: Connection,
    pub(super) tree: Arc<Tree>,
    /// Held by whoever removes an unfinished file in the background.
    pub(super) cleaning: Arc<RwLock<()>>,
    _busy: Busy<'a>,
}

impl Lease<'_> {
    /// What an error means; a connection that it leaves useless is not used again.
    pub(super) fn failure(&self, operation: Operation, error: smb2::Error) -> Failure {
        if status::is_fatal(&error) {
            self.connection.mark_dead();
        }
        status::failure(operation, error)
    }

    /// Whether the share lets this account write at all. Its files may have rights of their own.
    pub(super) async fn share_is_writable(&self) -> Result<bool, smb2::Error> {
        let path = format!(
            r"\\{}\{}",
            self.connection.server_name(),
            self.tree.share_name
        );
        let request = TreeConnectRequest {
            flags: Default::default(),
            path,
        };
        let answer = self
            .connection
            .execute(Command::TreeConnect, &request, None)
            .await?;
        if answer.header.status.is_error() {
            return Ok(true);
        }
        let share = TreeConnectResponse::unpack(&mut ReadCursor::new(&answer.body))?;
        self.connection
            .execute(
                Command::TreeDisconnect,
                &TreeDisconnectRequest,
                answer.header.tree_id,
            )
            .await?;
        Ok(share.maximal_access & FILE_WRITE_DATA != 0)
    }
}

/// An operation counts for its slot until it ends or is dropped.
struct Busy<'a>(&'a Slot);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.touch();
        self.0.busy.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Slot {
    fn touch(&self) {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn is_stale(&self) -> bool {
        self.used
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_none_or(|used| used.elapsed() > TRUSTED_IDLE)
    }
}

impl Links {
    pub(super) fn new(place: Place) -> Self {
        Self {
            place,
            slots: Default::default(),
            cleaning: Arc::default(),
        }
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// A connection that is signed in: the least busy one, made if need be.
    pub(super) async fn lease(&self) -> Result<Lease<'_>, Failure> {
        let [first, others @ ..] = &self.slots;
        let slot = others.iter().fold(first, |best, slot| {
            let is_better = slot.busy.load(Ordering::SeqCst) < best.busy.load(Ordering::SeqCst);
            if is_better { slot } else { best }
        });
        let others = slot.busy.fetch_add(1, Ordering::SeqCst);
        let busy = Busy(slot);
        let mut kept = slot.link.lock().await;
        let usable = kept.take().filter(|link| {
            let is_forgotten = others == 0 && slot.is_stale();
            if is_forgotten {
                link.connection.mark_dead();
            }
            !link.connection.is_disconnected()
        });
        let link = match usable {
            Some(link) => link,
            None => connect(&self.place).await?,
        };
        *kept = Some(link.clone());
        Ok(Lease {
            connection: link.connection,
            tree: link.tree,
            cleaning: Arc::clone(&self.cleaning),
            _busy: busy,
        })
    }
}

impl Drop for Links {
    fn drop(&mut self) {
        for slot in &mut self.slots {
            if let Some(link) = slot.link.get_mut() {
                link.connection.mark_dead();
            }
        }
    }
}

async fn connect(place: &Place) -> Result<Link, Failure> {
    let address = place.address();
    resolve(&address, place.timeout).await?;
    let options = ConnectOptions::with_timeout(place.timeout);
    let line = TcpTransport::connect_with(&address, options)
        .await
        .map_err(|error| status::failure(Operation::Connect, error))?;
    let greeting = Greeting::over(line);
    let mut connection = greeting.connection(&place.server);
    set_limits(&connection, place.timeout);
    match sign_in(&greeting, &mut connection, place).await {
        Ok(tree) => Ok(Link {
            connection,
            tree: Arc::new(tree),
        }),
        Err(failure) => {
            connection.mark_dead();
            Err(failure)
        }
    }
}

/// The library tells a name without an address by an error like others.
async fn resolve(address: &str, patience: Duration) -> Result<(), Failure> {
    let failure = |code| Failure::new(Operation::Connect, code);
    match tokio::time::timeout(patience, tokio::net::lookup_host(address)).await {
        Err(_) => Err(failure(FailureCode::NameNotResolved)),
        Ok(Err(error)) => Err(failure(FailureCode::NameNotResolved).caused_by(error)),
        Ok(Ok(mut addresses)) => match addresses.next() {
            Some(_) => Ok(()),
            None => Err(failure(FailureCode::NameNotResolved)),
        },
    }
}

fn set_limits(connection: &Connection, patience: Duration) {
    connection.set_response_timeout(Some(patience));
    connection.set_credit_wait_timeout(patience);
    // One message on a slow line; what waits before it counts as well.
    connection.set_send_timeout(Some(patience.saturating_mul(4)));
    connection.set_keepalive(Some(patience / 4));
    connection.set_write_budget(WRITE_BUDGET);
}

async fn sign_in(
    greeting: &Greeting,
    connection: &mut Connection,
    place: &Place,
) -> Result<Tree, Failure> {
    let failed = |error| status::failure(Operation::Connect, error);
    // What is written is compressed and encrypted already.
    connection.set_compression_requested(false);
    greeting.negotiate(connection).await.map_err(failed)?;
    let session = Session::setup(
        connection,
        &place.user,
        place.password.reveal(),
        &place.domain,
    )
    .await
    .map_err(failed)?;
    if !session.should_sign {
        return Err(Failure::new(Operation::Connect, FailureCode::Credentials)
            .caused_by("the session is not signed"));
    }
    encrypt(connection, &session, place.encryption)?;
    let tree = Tree::connect(connection, &place.share)
        .await
        .map_err(failed)?;
    if tree.encrypt_data && !connection.should_encrypt() {
        return Err(Failure::new(Operation::Connect, FailureCode::Protocol)
            .caused_by("the share wants encryption that the server does not offer"));
    }
    Ok(tree)
}

/// Encrypts from here on, where the server can.
fn encrypt(
    connection: &mut Connection,
    session: &Session,
    encryption: SmbEncryption,
) -> Result<(), Failure> {
    if !connection.should_encrypt()
        && let Some(cipher) = offered_cipher(connection)
        && let (Some(ours), Some(theirs)) = (&session.encryption_key, &session.decryption_key)
    {
        connection.activate_encryption(ours.clone(), theirs.clone(), cipher);
    }
    if encryption == SmbEncryption::Required && !connection.should_encrypt() {
        return Err(Failure::new(Operation::Connect, FailureCode::Unsupported)
            .caused_by("the server does not encrypt"));
    }
    Ok(())
}

/// SMB 3.1.1 negotiates a cipher; before, a capability stands for the only one.
fn offered_cipher(connection: &Connection) -> Option<Cipher> {
    let offer = connection.params()?;
    match offer.dialect {
        Dialect::Smb3_1_1 => offer.cipher,
        Dialect::Smb3_0 | Dialect::Smb3_0_2 => offer
            .capabilities
            .contains(Capabilities::ENCRYPTION)
            .then_some(Cipher::Aes128Ccm),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Busy, Slot, TRUSTED_IDLE};
    use std::{sync::atomic::Ordering, time::Duration};

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_lay_idle_for_long_is_not_trusted() {
        let slot = Slot::default();
        assert!(slot.is_stale());
        slot.busy.fetch_add(1, Ordering::SeqCst);
        drop(Busy(&slot));
        assert_eq!(slot.busy.load(Ordering::SeqCst), 0);
        tokio::time::advance(TRUSTED_IDLE).await;
        assert!(!slot.is_stale());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(slot.is_stale());
    }
}
