/** Java's trust and key stores. librdkafka reads PEM, and PKCS12 for the key store; a JKS has to be converted, and the message says how. */
import { ClientConfigError, type Target } from "./setting.ts";

type StoreType = "PEM" | "PKCS12" | "JKS";

/** The rule for `ssl.truststore.location`. */
export function truststore(path: string, key: string, target: Target): void {
  const type = storeType(path, "ssl.truststore.type", target);
  if (type === "PEM") return target.set("ssl.ca.location", path.trim(), key);
  const convert = type === "JKS"
    ? `convert it with "keytool -importkeystore -srckeystore ${path} -destkeystore store.p12 -deststoretype PKCS12" and then "openssl pkcs12 -in store.p12 -nokeys -out ca.pem"`
    : `convert it with "openssl pkcs12 -in ${path} -nokeys -out ca.pem"`;
  throw new ClientConfigError(key, `a trust store of type ${type} cannot be read; ${convert}, and set ssl.truststore.type=PEM`);
}

/** The rule for `ssl.keystore.location`. In a PEM file key and certificates stand one after the other. */
export function keystore(path: string, key: string, target: Target): void {
  switch (storeType(path, "ssl.keystore.type", target)) {
    case "PEM":
      target.set("ssl.key.location", path.trim(), key);
      target.set("ssl.certificate.location", path.trim(), key);
      return;
    case "PKCS12": {
      target.set("ssl.keystore.location", path.trim(), key);
      const password = target.properties["ssl.keystore.password"];
      if (password !== undefined) target.set("ssl.keystore.password", password, "ssl.keystore.password", true);
      return;
    }
    case "JKS":
      throw new ClientConfigError(
        key,
        `a key store of type JKS cannot be read; convert it with "keytool -importkeystore -srckeystore ${path} -destkeystore store.p12 ` +
          `-deststoretype PKCS12", and set ssl.keystore.type=PKCS12 and ssl.keystore.location to the new file`,
      );
  }
}

/** As said, else by the file's ending: Java takes JKS then, and its JKS reader takes PKCS12 files too. */
function storeType(path: string, typeKey: string, target: Target): StoreType {
  const said = target.properties[typeKey]?.trim().toUpperCase();
  if (said === "PEM" || said === "PKCS12" || (said === "JKS" && !isPkcs12(path))) return said;
  if (said !== undefined && said !== "JKS") throw new ClientConfigError(typeKey, `"${said}" must be PEM, PKCS12 or JKS`);
  if (isPkcs12(path)) return "PKCS12";
  return /\.(pem|crt|cer)$/i.test(path.trim()) ? "PEM" : "JKS";
}

function isPkcs12(path: string): boolean {
  return /\.(p12|pfx)$/i.test(path.trim());
}
