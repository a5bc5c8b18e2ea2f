// The smallest page there is: the real link, left where a test can use it.
import { consume } from '#shared/contract/consume.ts';
import { failureOf } from '#shared/model/failure-of.ts';
import { openWire } from '../../../renderer/api/wire.ts';

const wire = openWire();
const states = [wire.state()];
wire.subscribe(() => states.push(wire.state()));
Object.assign(window, { wire, states, failureOf, consume });
