import type { History } from './history.ts';
import { inspect } from './inspection.ts';
import type { Inspection, Order } from './inspectors.ts';

// A process that starts a service on each folder that it is told of, and answers what is wrong there.

let history: History = new Map();

process.on('message', (order: Order) => {
  if ('history' in order) history = new Map(order.history);
  else void answer(order);
});

async function answer(order: Inspection): Promise<void> {
  const acknowledged = new Map(order.acknowledged);
  const { folder, producer } = order;
  process.send?.(await inspect(folder, { history, acknowledged, producer }));
}
