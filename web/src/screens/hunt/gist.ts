// A record in one line: the fields that tell most, by the names that common sources give them. Only text to read, nothing to search
// by.

import type { Api } from '../../api/client';
import { fieldsOf } from '../../ui/fields';

/** Ends of paths, most telling first. */
const TELLING = [
  'CommandLine',
  'ScriptBlockText',
  'TargetFilename',
  'TargetObject',
  'ServiceFileName',
  'ImagePath',
  'TaskName',
  'QueryName',
  'DestinationIp',
  'NewProcessName',
  'ProcessName',
  'Image',
  'TargetUserName',
  'SubjectUserName',
  'IpAddress',
  'requestURI',
  'user.username',
  'sourceIPs',
  'userIdentity.arn',
  'sourceIPAddress',
  'errorCode',
  'requestParameters.bucketName',
  'id.orig_h',
  'id.resp_h',
  'host',
  'uri',
  'query',
];
const SHOWN_MAX = 4;
const CHARS_MAX = 400;

const known = new WeakMap<Api['EventView'], string>();

export function gistOf(event: Api['EventView']): string {
  const before = known.get(event);
  if (before !== undefined) return before;
  const gist = workedOut(event.raw).slice(0, CHARS_MAX);
  known.set(event, gist);
  return gist;
}

function workedOut(raw: string): string {
  const fields = fieldsOf(raw);
  if (!fields) return raw.slice(0, CHARS_MAX);
  const telling = TELLING.flatMap((end) => {
    const found = fields.find(({ name, text }) => text !== '' && text !== '-' && (name === end || name.endsWith(`.${end}`)));
    return found ? [`${found.name}: ${found.text}`] : [];
  });
  return telling.length > 0 ? telling.slice(0, SHOWN_MAX).join('  ·  ') : raw.slice(0, CHARS_MAX);
}
