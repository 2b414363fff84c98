//! Polynomials over the field of two elements.

/// A polynomial.
pub trait Polynom {
    /// Its degree; -1 for zero.
    fn degree(&self) -> i32;

    /// What is left of it after a division.
    #[must_use]
    fn modulo(&self, divisor: &Self) -> Self;
}

/// A polynomial of a degree up to 63. Each bit is a coefficient.
pub type Polynom64 = u64;

impl Polynom for Polynom64 {
    fn degree(&self) -> i32 {
        63 - self.leading_zeros().cast_signed()
    }

    fn modulo(&self, divisor: &Self) -> Self {
        let mut rest = *self;
        while rest.degree() >= divisor.degree() {
            rest ^= divisor << (rest.degree() - divisor.degree());
        }
        rest
    }
}
