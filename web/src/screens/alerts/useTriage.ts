// Carries out what is wanted of alerts: at once, or after the dialog that it takes. Says what came of it, and how to undo it.

import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { Api } from '../../api/client';
import { accountQuery } from '../../api/queries';
import { count, words } from '../../ui/text';
import { tell, tellTrouble } from '../../ui/Toast';
import type { ActName } from './acts';
import type { Alert } from './list';
import { decide, undoOf, type Failure } from './triage';

export interface Asked {
  name: ActName;
  alerts: readonly Alert[];
}

export interface Triage {
  start: (name: ActName, alerts: readonly Alert[]) => void;
  /** Throws what the server refused as a whole. */
  carry: (alerts: readonly Alert[], change: Api['AlertChange']) => Promise<void>;
  asked?: Asked;
  failures: readonly Failure[];
  /** Closes what is asked or told. */
  close: () => void;
  /** Takes away what was told of failures. */
  dismiss: () => void;
}

const AT_ONCE: Partial<Record<ActName, Api['AlertStatusName']>> = { claim: 'claimed', confirm: 'confirmed', back: 'new' };

export function useTriage(done: () => void): Triage {
  const queries = useQueryClient();
  const { data: account } = useSuspenseQuery(accountQuery);
  const [asked, setAsked] = useState<Asked>();
  const [failures, setFailures] = useState<readonly Failure[]>([]);
  const settle = (left: readonly Failure[]) => {
    setFailures(left);
    // What is shown of incidents counts their alerts by status. Every page that was loaded is read anew; nobody waits for that.
    for (const queryKey of [['alerts'], ['incidents'], ['incident']]) void queries.invalidateQueries({ queryKey });
  };
  const carry = async (alerts: readonly Alert[], change: Api['AlertChange']) => {
    const left = await decide(alerts, change);
    const undo = undoOf(
      alerts.filter((alert) => left.every((failure) => failure.alert !== alert)),
      account.user.id,
    );
    const act = undo && { label: 'Undo', run: () => void undo().then(settle).catch(tellTrouble) };
    if (left.length < alerts.length) tell(`${count(alerts.length - left.length, 'alert')}: ${words(change.status).toLowerCase()}`, act);
    done();
    settle(left);
  };
  const start = (name: ActName, alerts: readonly Alert[]) => {
    if (alerts.length === 0) return;
    const status = AT_ONCE[name];
    if (status) void carry(alerts, { status }).catch(tellTrouble);
    else setAsked({ name, alerts });
  };
  const close = () => setAsked(undefined);
  const dismiss = () => setFailures([]);
  return { start, carry, asked, failures, close, dismiss };
}
