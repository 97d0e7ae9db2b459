// How serious something can be, the most serious first.

import type { Api } from '../api/client';

export const LEVELS = ['critical', 'high', 'medium', 'low', 'informational'] as const satisfies readonly Api['LevelName'][];
