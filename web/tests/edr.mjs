// A small EDR: it isolates a computer, says whether it is, and lets it go. What a playbook did is looked at here, from outside.

import { createServer } from 'node:http';

export async function startEdr() {
  const isolated = new Map();
  const server = createServer(async (request, answer) => {
    const [, host, what] = /^\/devices\/([^/]+)(\/isolation)?$/.exec(request.url) ?? [];
    if (!host) return answer.writeHead(404).end();
    if (request.method === 'POST' && what) {
      let body = '';
      for await (const part of request) body += part;
      isolated.set(decodeURIComponent(host), JSON.parse(body).isolated);
    }
    answer.writeHead(200, { 'content-type': 'application/json' });
    answer.end(JSON.stringify({ isolated: isolated.get(decodeURIComponent(host)) ?? false }));
  });
  await new Promise((settle) => server.listen(0, '127.0.0.1', settle));
  const url = `http://127.0.0.1:${server.address().port}`;
  return { url, isolated: (host) => isolated.get(host) ?? false, stop: () => server.close() };
}

/** Configuration by which playbooks reach it. */
export function edrConfig(url, playbooks) {
  const put = (name) => `
[response.actions."own.isolate_in_edr".${name}]
url = "${url}/devices/{host}/isolation"
method = "POST"
json = { isolated = "{value}" }
`;
  const read = (name) => `
[response.actions."own.isolate_in_edr".${name}]
url = "${url}/devices/{host}"
pointer = "/isolated"
`;
  return `
[response]
playbooks = ["${playbooks}"]

[response.actions."own.isolate_in_edr"]
title = "Cut a computer off by the EDR"
needs = { host = "name" }
blast = "host"
d3fend = "D3-NI"
rights = "read and isolate devices"
wanted = true
seen = true
${read('read')}${put('set')}${put('back')}${read('look')}`;
}
