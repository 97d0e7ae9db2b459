// Brings a file to the vault as it is read from the disk. The one request with a progress, which `fetch` cannot tell.

import { type Api, Problem, problemOf } from '../../../api/client';

interface Upload {
  sealed: Promise<Api['Sealed']>;
  stop: () => void;
}

/** Files up to this size are hashed here as well: more would have to be held in memory as a whole. */
const HASHED_BYTES_MAX = 256 * 1024 * 1024;

export function upload(path: string, file: File, progress: (part: number) => void): Upload {
  const request = new XMLHttpRequest();
  const sealed = new Promise<Api['Sealed']>((settle, refuse) => {
    let sent = 0;
    // Once all of it is there, the server may seal it, whatever becomes of its answer.
    const fate = () => (sent < 1 ? 'Nothing was sealed.' : 'It may have been sealed: look for it in the list before you seal it again.');
    request.upload.onprogress = ({ loaded, total }) => {
      sent = total > 0 ? loaded / total : 0;
      progress(sent);
    };
    request.onload = () => {
      if (request.status < 300) settle(JSON.parse(request.responseText) as Api['Sealed']);
      else void problemOf(new Response(request.responseText, { status: request.status })).then(refuse);
    };
    request.onerror = () => refuse(new Problem(0, 'no connection', `The server cannot be reached. ${fate()}`, ''));
    request.onabort = () => refuse(new Problem(0, 'stopped', `You stopped the upload. ${fate()}`, ''));
    request.open('POST', path);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.send(file);
  });
  return { sealed, stop: () => request.abort() };
}

/** SHA-256 of the file as it is here, where the browser can work it out. */
export async function hashOf(file: File): Promise<string | undefined> {
  if (file.size > HASHED_BYTES_MAX || !globalThis.crypto?.subtle) return undefined;
  const hash = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
