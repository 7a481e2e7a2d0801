/** An amount as it is written down where no reader's language is known, in the history say: "1234.50 EUR". */
export function writtenAmount(cents: number, currency: string): string {
  return `${(cents / 100).toFixed(2)} ${currency}`
}

/**
 * The VAT inside a price that includes it, in cents, rounded half up. The one place where the shop rounds: a line is
 * rounded once, on its total.
 */
export function vatWithin(totalCents: number, vatBasisPoints: number): number {
  return Math.round((totalCents * vatBasisPoints) / (10_000 + vatBasisPoints))
}

/**
 * Splits cents in proportion to weights (cents as well), by largest remainder, the first of equals first: whole cents
 * that add up to `cents` exactly. Weights that are all nothing give equal parts.
 */
export function splitCents(cents: number, weights: number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const scale = total > 0 ? weights : weights.map(() => 1)
  const whole = BigInt(total > 0 ? total : weights.length)
  // Cents times cents is more than a number holds exactly.
  const exact = scale.map((weight) => BigInt(cents) * BigInt(weight))
  const shares = exact.map((share) => Number(share / whole))
  const left = cents - shares.reduce((sum, share) => sum + share, 0)
  const byRemainder = exact
    .map((share, index) => ({ index, rest: share % whole }))
    .sort((one, other) =>
      one.rest === other.rest ? one.index - other.index : one.rest < other.rest ? 1 : -1,
    )
  for (const { index } of byRemainder.slice(0, left)) shares[index] = (shares[index] ?? 0) + 1
  return shares
}
