/**
 * The VAT inside a price that includes it, in cents, rounded half up. The one place where the shop rounds: a line is
 * rounded once, on its total.
 */
export function vatWithin(totalCents: number, vatBasisPoints: number): number {
  return Math.round((totalCents * vatBasisPoints) / (10_000 + vatBasisPoints))
}
