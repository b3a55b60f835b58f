/** What the page asks its own site for. Nothing is ever sent but the question. */

/** The site did not answer as asked; neither good nor bad evidence. */
export class Unanswered extends Error {}

async function ask(path: string): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: 'omit', cache: 'no-store', redirect: 'error' });
  } catch {
    throw new Unanswered(`${path}: no answer`);
  }
  if (!response.ok) {
    throw new Unanswered(`${path}: ${response.status}`);
  }
  return response;
}

/** Bytes of the site. */
export async function bytes(path: string): Promise<Uint8Array> {
  const response = await ask(path);
  return new Uint8Array(await response.arrayBuffer());
}

/** Text of the site. */
export async function text(path: string): Promise<string> {
  return (await ask(path)).text();
}

/** The consistency proof between two sizes of the log. */
export function consistency(from: bigint, to: bigint): Promise<string> {
  return text(`/verify/consistency?from=${from}&to=${to}`);
}
