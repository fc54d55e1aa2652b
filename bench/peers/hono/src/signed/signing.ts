// What a request is signed with, for each attempt anew. No key is kept.

import { AwsV4Signer } from "aws4fetch";
import type { Sign } from "../same/configuration";

const encoder = new TextEncoder();
const hex = (buffer: ArrayBuffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

// The host is signed and what AWS wants besides: another header could be changed on its way.
export const sigv4 =
  (region: string, service: string): Sign =>
  async ({ method, url, headers, body }, [accessKeyId, secretAccessKey]) => {
    const amazon = [...headers].filter(([name]) => name.startsWith("x-amz-"));
    const signer = new AwsV4Signer({ method, url, headers: amazon, body, accessKeyId, secretAccessKey, region, service });
    const { headers: signed } = await signer.sign();
    for (const name of ["authorization", "x-amz-date"]) headers.set(name, signed.get(name)!);
  };

// A token beside the signature of the time and the body.
export const hmac: Sign = async ({ headers, body }, [token, key]) => {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", encoder.encode(key), algorithm, false, ["sign"]);
  const begin = encoder.encode(`${timestamp}.`);
  const message = new Uint8Array(begin.length + body.length);
  message.set(begin);
  message.set(body, begin.length);
  const signature = hex(await crypto.subtle.sign("HMAC", imported, message));
  headers.set("authorization", `Bearer ${token}`);
  headers.set("x-timestamp", timestamp);
  headers.set("x-signature", `v1=${signature}`);
};
