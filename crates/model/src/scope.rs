//! Which tenants a call may touch.

use crate::TenantId;

/// The tenants that a call may read or change. Every store call takes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// These tenants and no others.
    Tenants(Vec<TenantId>),
    /// Every tenant: for the system's own work (migrations, sweeps, agents already bound by their
    /// certificate), never for a request by a person.
    Everything,
}

impl Scope {
    /// Exactly one tenant.
    #[must_use]
    pub fn one(tenant: TenantId) -> Self {
        Self::Tenants(vec![tenant])
    }

    /// This scope and these tenants.
    #[must_use]
    pub fn with(&self, more: &[TenantId]) -> Self {
        match self {
            Self::Everything => Self::Everything,
            Self::Tenants(tenants) => {
                let mut tenants = tenants.clone();
                for tenant in more {
                    if !tenants.contains(tenant) {
                        tenants.push(*tenant);
                    }
                }
                Self::Tenants(tenants)
            }
        }
    }

    /// Whether the tenant lies inside.
    #[must_use]
    pub fn contains(&self, tenant: TenantId) -> bool {
        match self {
            Self::Tenants(tenants) => tenants.contains(&tenant),
            Self::Everything => true,
        }
    }

    /// What of this scope remains when a person looks at one tenant only: that tenant, or nothing.
    #[must_use]
    pub fn narrowed_to(&self, tenant: TenantId) -> Self {
        if self.contains(tenant) {
            Self::one(tenant)
        } else {
            Self::Tenants(Vec::new())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn narrowing_never_widens() {
        let (own, foreign) = (TenantId(Uuid::from_u128(1)), TenantId(Uuid::from_u128(2)));
        let scope = Scope::one(own);
        assert_eq!(scope.narrowed_to(own), Scope::one(own));
        assert!(!scope.narrowed_to(foreign).contains(foreign));
    }
}
