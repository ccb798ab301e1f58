/** Selects combinations so that each pair of values of two factors occurs in at least one combination. */

export type Factors = Readonly<Record<string, readonly unknown[]>>;
export type Combination<F extends Factors> = { [Name in keyof F]: F[Name][number] };

/** Selects a small number of combinations. The selection is the same for the same factors. */
export function pairwise<F extends Factors>(factors: F): Combination<F>[] {
  const all = product(factors);
  const missing = new Set(all.flatMap(pairsOf));
  const selected: Combination<F>[] = [];
  while (missing.size > 0) {
    const gain = (one: Combination<F>): number =>
      pairsOf(one).filter((pair) => missing.has(pair)).length;
    const best = all.reduce((a, b) => (gain(b) > gain(a) ? b : a));
    for (const pair of pairsOf(best)) missing.delete(pair);
    selected.push(best);
  }
  return selected;
}

/** Returns every combination of the factors' values. */
export const product = <F extends Factors>(factors: F): Combination<F>[] =>
  Object.entries(factors).reduce<object[]>(
    (rows, [name, values]) =>
      rows.flatMap((row) => values.map((value) => ({ ...row, [name]: value }))),
    [{}],
  ) as Combination<F>[];

/** Each pair of values of a combination, as text. */
export function pairsOf(combination: object): string[] {
  const values = Object.entries(combination).map(([name, value]) => `${name}=${String(value)}`);
  return values.flatMap((a, index) => values.slice(index + 1).map((b) => `${a} ${b}`));
}
