// What can be done with the alerts that are selected. It stays in place when none is, so that the list does not jump.

import { useSuspenseQuery } from '@tanstack/react-query';

import { accountQuery } from '../../api/queries';
import { Button } from '../../ui/Button';
import { Icon } from '../../ui/Icon';
import { Menu } from '../../ui/Menu';
import { count } from '../../ui/text';
import { actsFor, type ActName } from './acts';
import type { Alert } from './list';

/** What is seldom done with many at once. */
const RARE: readonly ActName[] = ['duplicate', 'back'];
/** The same where an alert is open beside the list. */
const RARE_IF_NARROW: readonly ActName[] = ['report', 'give', ...RARE];

interface SelectionBarProps {
  alerts: readonly Alert[];
  /** Whether the filters find more than are selected. */
  isPart: boolean;
  isNarrow: boolean;
  /** None while the filters are being read to the end. */
  selectAll?: () => void;
  start: (name: ActName, alerts: readonly Alert[]) => void;
  clear: () => void;
}

export function SelectionBar({ alerts, isPart, isNarrow, selectAll, start, clear }: SelectionBarProps) {
  const { data: account } = useSuspenseQuery(accountQuery);
  const acts = actsFor(account.rights);
  if (acts.length === 0) return null;
  const inMenu = isNarrow ? RARE_IF_NARROW : RARE;
  const rare = acts
    .filter(({ name }) => inMenu.includes(name))
    .map(({ name, text }) => ({ id: name, text, run: () => start(name, alerts) }));
  if (alerts.length === 0) {
    return (
      <div className="row selection soft small">
        <span>
          Select alerts with the boxes, <kbd>x</kbd> or <kbd>Ctrl A</kbd> to decide about many at once.
        </span>
      </div>
    );
  }
  return (
    <div className="row selection" role="group" aria-label="Selected alerts">
      <span className="strong" role="status">
        {count(alerts.length, 'alert')} selected
      </span>
      {acts
        .filter(({ name }) => !inMenu.includes(name))
        .map(({ name, text, icon }) => (
          <Button key={name} icon={icon} onPress={() => start(name, alerts)}>
            {text}
          </Button>
        ))}
      {rare.length > 0 && (
        <Menu label="More to do with what is selected" entries={rare}>
          More
          <Icon name="down" />
        </Menu>
      )}
      <span className="grow" />
      {isPart && (
        <Button look="quiet" isDisabled={!selectAll} onPress={selectAll}>
          {selectAll ? 'Select all that fit' : 'Reading…'}
        </Button>
      )}
      <Button look="quiet" icon="close" onPress={clear}>
        Unselect
      </Button>
    </div>
  );
}
