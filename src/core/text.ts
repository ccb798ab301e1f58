/**
 * Text in error messages, which people read in terminals and logs.
 *
 * Names that a caller was given and the hub's own words reach messages. They must not begin a line of a log, move a
 * terminal's cursor or make a message as long as they like.
 */

/** The longest message, in characters before they are escaped. */
const maxLength = 4000;
/** How much of its end a message keeps that is longer: it says what to do. */
const kept = 1000;

/** Control characters, halves of characters, line separators, and marks that reverse the direction of text. */
const unprintable = /[\p{Cc}\p{Cs}\u2028\u2029\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

/** A text on one line, with what cannot be seen as escapes, and without its middle if it is too long. */
export const printable = (text: string): string =>
  (text.length > maxLength
    ? `${text.slice(0, maxLength - kept)} … ${text.slice(-kept)}`
    : text
  ).replace(unprintable, escaped);

/** As JSON has it, which leaves some as they are. */
function escaped(character: string): string {
  const json = JSON.stringify(character).slice(1, -1);
  const code = character.charCodeAt(0).toString(16).padStart(4, "0");
  return json === character ? `\\u${code}` : json;
}
