/** Makes an untrusted certificate for each test, so that the repository contains no private key. */
import { generateKeyPairSync, sign } from "node:crypto";

/** Encodes one DER value: tag, length, content. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size =
    length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: Buffer[]): Buffer => der(0x30, ...parts);
const hex = (tag: number, digits: string): Buffer => der(tag, Buffer.from(digits, "hex"));
const text = (tag: number, value: string): Buffer => der(tag, Buffer.from(value));

/** Creates a self-signed certificate for `name`, and its private key, both as PEM. */
export function selfSigned(name: string): { key: string; cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const ecdsaWithSha256 = sequence(hex(0x06, "2a8648ce3d040302"));
  const commonName = sequence(der(0x31, sequence(hex(0x06, "550403"), text(0x0c, name))));
  const validity = sequence(text(0x17, "200101000000Z"), text(0x17, "491231235959Z"));
  const content = sequence(
    der(0xa0, hex(0x02, "02")),
    hex(0x02, "01"),
    ecdsaWithSha256,
    commonName,
    validity,
    commonName,
    publicKey.export({ type: "spki", format: "der" }),
  );
  const signature = der(0x03, Buffer.from([0]), sign("sha256", content, privateKey));
  const lines = sequence(content, ecdsaWithSha256, signature)
    .toString("base64")
    .match(/.{1,64}/g);
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    cert: ["-----BEGIN CERTIFICATE-----", ...(lines ?? []), "-----END CERTIFICATE-----"].join("\n"),
  };
}
