// A small OpenID Connect provider: whoever comes is who the test says, after one press of a button.

import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { createServer } from 'node:http';

const CLIENT = 'quell';
const SECRET = 'a secret of the provider';

export async function startProvider() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const asked = new Map();
  const person = { sub: 'subject-1', name: 'Grace of the provider', preferred_username: 'grace', email: 'grace@corp.example' };
  const server = createServer(async (request, answer) => {
    const address = new URL(request.url, issuer);
    const json = (value) => answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    switch (address.pathname) {
      case '/.well-known/openid-configuration':
        return json(discovery(issuer));
      case '/keys':
        return json({ keys: [{ ...publicKey.export({ format: 'jwk' }), use: 'sig', alg: 'EdDSA', kid: 'one' }] });
      case '/authorize': {
        const code = randomUUID();
        asked.set(code, Object.fromEntries(address.searchParams));
        return answer.writeHead(200, { 'content-type': 'text/html' }).end(page(address.searchParams, code));
      }
      case '/token': {
        const form = new URLSearchParams(await bodyOf(request));
        const question = asked.get(form.get('code'));
        asked.delete(form.get('code'));
        const proof = createHash('sha256').update(form.get('code_verifier') ?? '').digest('base64url');
        const isRight = secretOf(request, form) === SECRET && form.get('redirect_uri') === question?.redirect_uri;
        if (!isRight || question.client_id !== CLIENT || proof !== question.code_challenge) return answer.writeHead(400).end('{"error":"invalid_grant"}');
        const now = Math.floor(Date.now() / 1_000);
        const claims = { iss: issuer, aud: CLIENT, iat: now, exp: now + 300, nonce: question.nonce, ...person };
        return json({ access_token: 'a', token_type: 'Bearer', expires_in: 60, id_token: signed(privateKey, claims) });
      }
      default:
        return answer.writeHead(404).end();
    }
  });
  await new Promise((settle) => server.listen(0, '127.0.0.1', settle));
  const issuer = `http://127.0.0.1:${server.address().port}`;
  return { issuer, person, stop: () => server.close() };
}

/** Configuration by which people come from it. */
export function providerConfig(issuer, secretFile) {
  return `
[access.oidc]
name = "the provider"
issuer = "${issuer}"
client_id = "${CLIENT}"
client_secret = { file = "${secretFile}" }
create_with_role = "responder"
`;
}

export { SECRET as PROVIDER_SECRET };

function discovery(issuer) {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/keys`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['EdDSA'],
  };
}

function page(question, code) {
  const back = new URL(question.get('redirect_uri'));
  back.search = new URLSearchParams({ code, state: question.get('state') }).toString();
  return `<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Provider</title><h1>Provider</h1><a href="${back.href.replaceAll('&', '&amp;')}">I am Grace</a>`;
}

function signed(key, claims) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const body = `${part({ alg: 'EdDSA', typ: 'JWT', kid: 'one' })}.${part(claims)}`;
  return `${body}.${sign(undefined, Buffer.from(body), key).toString('base64url')}`;
}

async function bodyOf(request) {
  let body = '';
  for await (const part of request) body += part;
  return body;
}

/** In the head or in the form. */
function secretOf(request, form) {
  const [, basic] = /^Basic (.+)$/.exec(request.headers.authorization ?? '') ?? [];
  if (!basic) return form.get('client_secret');
  const [name, secret] = Buffer.from(basic, 'base64').toString().split(':').map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
  return name === CLIENT ? secret : undefined;
}
