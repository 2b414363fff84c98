//! Connections that are used again.

use crate::{Failure, FailureCode};
use std::{
    fmt,
    future::Future,
    ops::{Deref, DerefMut},
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::Instant,
};

/// One that was idle for longer is asked whether it still works before it is used.
const TRUSTED_IDLE: Duration = Duration::from_secs(10);

/// A connection that can be asked whether it works.
pub(crate) trait Connection: Send {
    /// Whether it is known to be closed, without asking the server.
    fn is_closed(&self) -> bool;

    /// Asks the server something small.
    fn answers(&mut self) -> impl Future<Output = bool> + Send;

    /// Ends a connection that works and is no longer needed.
    fn end(self);
}

/// A few connections to one server.
pub(crate) struct Pool<C: Connection> {
    idle: Mutex<Vec<Idle<C>>>,
    permits: Semaphore,
}

struct Idle<C> {
    connection: C,
    since: Instant,
}

impl<C: Connection> fmt::Debug for Pool<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Pool").finish_non_exhaustive()
    }
}

impl<C: Connection> Drop for Pool<C> {
    fn drop(&mut self) {
        let idle = self.idle.get_mut().unwrap_or_else(PoisonError::into_inner);
        for idle in idle.drain(..) {
            idle.connection.end();
        }
    }
}

impl<C: Connection> Pool<C> {
    /// At most this many connections.
    pub(crate) fn new(largest: usize) -> Self {
        Self {
            idle: Mutex::new(Vec::new()),
            permits: Semaphore::new(largest),
        }
    }

    /// Takes a connection that works, or makes one.
    pub(crate) async fn lease(
        &self,
        connect: impl Future<Output = Result<C, Failure>>,
    ) -> Result<Lease<'_, C>, Failure> {
        let permit = self
            .permits
            .acquire()
            .await
            .expect("the semaphore is never closed");
        while let Some(mut idle) = self.take_idle() {
            if idle.connection.is_closed() {
                continue;
            }
            if idle.since.elapsed() < TRUSTED_IDLE || idle.connection.answers().await {
                return Ok(self.lent(idle.connection, permit));
            }
        }
        Ok(self.lent(connect.await?, permit))
    }

    fn lent<'pool>(&'pool self, connection: C, permit: SemaphorePermit<'pool>) -> Lease<'pool, C> {
        Lease {
            connection,
            pool: self,
            _permit: permit,
        }
    }

    fn take_idle(&self) -> Option<Idle<C>> {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
    }
}

/// A connection that nobody else uses meanwhile. Dropping it closes the connection, since what
/// was going on there is not known.
pub(crate) struct Lease<'pool, C: Connection> {
    connection: C,
    pool: &'pool Pool<C>,
    _permit: SemaphorePermit<'pool>,
}

impl<C: Connection> Deref for Lease<'_, C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.connection
    }
}

impl<C: Connection> DerefMut for Lease<'_, C> {
    fn deref_mut(&mut self) -> &mut C {
        &mut self.connection
    }
}

impl<C: Connection> Lease<'_, C> {
    /// Gives the connection back, unless the result says that it is broken. When one broke, the
    /// idle ones are likely to be broken as well, and are not tried one after the other.
    pub(crate) fn finish<T>(self, result: Result<T, Failure>) -> Result<T, Failure> {
        let mut idle = self
            .pool
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match result.as_ref().err().map(|failure| failure.code) {
            Some(FailureCode::ConnectionLost | FailureCode::TimedOut) => idle.clear(),
            Some(FailureCode::Protocol | FailureCode::Tls | FailureCode::ServerBusy) => {}
            _ => idle.push(Idle {
                connection: self.connection,
                since: Instant::now(),
            }),
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::{Connection, Pool};
    use crate::{Failure, FailureCode, Operation};
    use std::time::Duration;

    struct Numbered {
        number: u32,
        works: bool,
    }

    impl Connection for Numbered {
        fn is_closed(&self) -> bool {
            false
        }

        async fn answers(&mut self) -> bool {
            self.works
        }

        fn end(self) {}
    }

    async fn used(pool: &Pool<Numbered>, fresh: u32, result: Result<(), FailureCode>) -> u32 {
        let connect = async {
            Ok(Numbered {
                number: fresh,
                works: false,
            })
        };
        let lease = pool.lease(connect).await.unwrap();
        let number = lease.number;
        lease
            .finish(result.map_err(|code| Failure::new(Operation::Read, code)))
            .ok();
        number
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_used_again_until_it_breaks_or_no_longer_answers() {
        let pool = Pool::new(4);
        assert_eq!(used(&pool, 1, Ok(())).await, 1);
        assert_eq!(used(&pool, 2, Err(FailureCode::NotFound)).await, 1);
        assert_eq!(used(&pool, 3, Err(FailureCode::ConnectionLost)).await, 1);
        assert_eq!(used(&pool, 4, Ok(())).await, 4);
        tokio::time::advance(Duration::from_secs(11)).await;
        assert_eq!(used(&pool, 5, Ok(())).await, 5);
    }

    #[tokio::test]
    async fn no_more_connections_are_made_than_allowed() {
        let pool = Pool::new(1);
        let connect = async {
            Ok(Numbered {
                number: 1,
                works: true,
            })
        };
        let lease = pool.lease(connect).await.unwrap();
        let second = used(&pool, 2, Ok(()));
        tokio::pin!(second);
        assert!(futures_util::poll!(&mut second).is_pending());
        drop(lease);
        assert_eq!(second.await, 2);
    }
}
