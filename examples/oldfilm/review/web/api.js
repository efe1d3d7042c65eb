// Requests to the server that this page came from. The token is in a cookie.

/** An error that the server describes in a sentence. */
export class ServerError extends Error {
  constructor(status, code, text) {
    super(text);
    this.status = status;
    this.code = code;
  }
}

async function checked(answer) {
  if (answer.ok) return answer;
  let error = { code: 'unknown', text: `the server answered ${answer.status}` };
  try {
    error = (await answer.json()).error;
  } catch { /* it was no JSON: the status says it */ }
  throw new ServerError(answer.status, error.code, error.text);
}

async function sent(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ServerError(0, 'gone', 'The review has ended: oldfilm review no longer answers.');
  }
  return checked(answer);
}

export async function get(path) {
  return (await sent(path)).json();
}

function posted(path, document, signal) {
  const headers = { 'Content-Type': 'application/json' };
  return sent(path, { method: 'POST', headers, body: JSON.stringify(document ?? {}), signal });
}

export async function post(path, document) {
  return (await posted(path, document)).json();
}

/** A picture that the server makes of a document, as a Blob. */
export async function postForPicture(path, document, signal) {
  const answer = await posted(path, document, signal);
  return { blob: await answer.blob(), note: answer.headers.get('X-Oldfilm-Note') ?? '' };
}
