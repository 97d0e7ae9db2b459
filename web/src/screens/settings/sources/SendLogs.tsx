// How to send logs here: examples that work as they are, but for the token.

import { Link } from '@tanstack/react-router';

import { Button } from '../../../ui/Button';
import { copy } from '../../../ui/copy';

const WAYS: readonly { name: string; about: string; example: (origin: string, host: string) => string }[] = [
  {
    name: 'JSON or log lines',
    about: 'Up to 16 MiB at a time, gzip too. The last part of the address is the source.',
    example: (origin) => `curl -H "Authorization: Bearer $TOKEN" --data-binary @logs.json ${origin}/api/v1/intake/my-source`,
  },
  {
    name: 'A file or an archive',
    about: 'Of any known form, up to 64 GiB.',
    example: (origin) => `curl -H "Authorization: Bearer $TOKEN" -T case.zip -X POST ${origin}/api/v1/intake/my-source/file`,
  },
  {
    name: 'Elasticsearch bulk: Filebeat, Winlogbeat, Vector',
    about: 'Shippers write here as they would to Elasticsearch.',
    example: (origin) => `output.elasticsearch:\n  hosts: ["${origin}/elastic"]\n  headers:\n    Authorization: "Bearer \${TOKEN}"\n`,
  },
  {
    name: 'Splunk HTTP Event Collector',
    about: 'For what can send to Splunk.',
    example: (origin) => `curl -H "Authorization: Splunk $TOKEN" -d '{"event": {"message": "hello"}}' ${origin}/services/collector/event`,
  },
  {
    name: 'OpenTelemetry Collector',
    about: 'Logs over HTTP, protobuf or JSON.',
    example: (origin) =>
      `exporters:\n  otlphttp/quell:\n    logs_endpoint: ${origin}/v1/logs\n    headers:\n      Authorization: "Bearer \${env:TOKEN}"\n`,
  },
  {
    name: 'Syslog with rsyslog',
    about: 'Needs [[syslog]] with a port in the configuration of Quell, here 6514 with TLS.',
    example: (_origin, host) =>
      `*.* action(type="omfwd" target="${host}" port="6514" protocol="tcp" StreamDriver="gtls" StreamDriverMode="1" StreamDriverAuthMode="x509/name")\n`,
  },
];

export function SendLogs() {
  const { origin, hostname } = window.location;
  return (
    <section className="card" aria-labelledby="send-logs">
      <header>
        <h2 id="send-logs">Send logs</h2>
      </header>
      <div className="body stack">
        <p>
          Whatever sends needs a token with the right <span className="mono">intake:write</span>, best one that is bound to its source. Issue it
          under <Link to="/settings">Account</Link>.
        </p>
        {WAYS.map(({ name, about, example }) => {
          const text = example(origin, hostname);
          return (
            <details key={name} open={name === WAYS[0]?.name}>
              <summary>{name}</summary>
              <div className="stack tight">
                <p className="soft small">{about}</p>
                <pre tabIndex={0} role="group" aria-label={`Example: ${name}`}>
                  {text}
                </pre>
                <div>
                  <Button icon="copy" aria-label={`Copy the example: ${name}`} onPress={() => void copy(text)}>
                    Copy
                  </Button>
                </div>
              </div>
            </details>
          );
        })}
      </div>
    </section>
  );
}
