/** Replaces a generated part of a text, between `<!-- name: … -->` and `<!-- /name -->`. */
export function withPart(text: string, begin: string, part: string, file: string): string {
  const end = `<!-- /${/^<!-- (\w+)/.exec(begin)?.[1]} -->`;
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) {
    throw new Error(`${file} has no ${begin} … ${end}`);
  }
  return `${before}${begin}\n\n${part}\n\n${end}${after}`;
}
