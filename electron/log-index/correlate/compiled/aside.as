// `../aside.ts` for the compiled correlator: all of it is JavaScript's. What looks at the tables is told before how they
// stand.
import { Tables } from '../index/tables';
import { tell } from './shared';

@external("world", "seconds") declare function worldSeconds(clock: i32, time: i32, last: i32): i32;
@external("world", "hashOf") declare function worldHashOf(id: i32): i32;
@external("world", "expect") declare function worldExpect(queueId: i32, parent: i32, role: i32, now: i32): void;
@external("world", "expectedBy") declare function worldExpectedBy(queueId: i32, now: i32): i32;
@external("world", "expectedAs") declare function worldExpectedAs(): i32;
@external("world", "recipientOf") declare function worldRecipientOf(row: i32, to: i32, originalTo: i32): i32;
@external("world", "addRecipient")
declare function worldAddRecipient(row: i32, to: i32, originalTo: i32, recipient: i32): void;
@external("world", "forgetRecipients") declare function worldForgetRecipients(row: i32): void;
@external("world", "pickedUp") declare function worldPickedUp(node: i32): void;
@external("world", "lone") declare function worldLone(session: i32): void;
@external("world", "hop") declare function worldHop(recipient: i32): void;
@external("world", "failed") declare function worldFailed(node: i32, to: i32, now: i32): void;
@external("world", "discard") declare function worldDiscard(session: i32, user: i32): void;
@external("world", "discarded") declare function worldDiscarded(session: i32, to: i32, originalTo: i32): bool;
@external("world", "redirect") declare function worldRedirect(node: i32, messageId: i32, target: i32, now: i32): void;
@external("world", "list") declare function worldList(node: i32, to: i32): void;
@external("world", "nextListed") declare function worldNextListed(node: i32): i32;

export class Aside {
  seconds(clock: i32, time: i32, last: i32): i32 { return worldSeconds(clock, time, last); }
  hashOf(id: i32): i32 { return id == 0 ? 0 : worldHashOf(id); }
  expect(queueId: i32, parent: i32, role: i32, now: i32): void { worldExpect(queueId, parent, role, now); }
  expectedBy(queueId: i32, now: i32): i32 { return worldExpectedBy(queueId, now); }
  expectedAs(): i32 { return worldExpectedAs(); }
  recipientOf(t: Tables, row: i32, to: i32, originalTo: i32): i32 {
    tell();
    return worldRecipientOf(row, to, originalTo);
  }
  addRecipient(row: i32, to: i32, originalTo: i32, recipient: i32): void {
    worldAddRecipient(row, to, originalTo, recipient);
  }
  forgetRecipients(row: i32): void { worldForgetRecipients(row); }
  pickedUp(node: i32): void { worldPickedUp(node); }
  lone(session: i32): void { worldLone(session); }
  hop(recipient: i32): void { worldHop(recipient); }
  failed(node: i32, to: i32, now: i32): void { worldFailed(node, to, now); }
  discard(session: i32, user: i32): void { worldDiscard(session, user); }
  discarded(session: i32, to: i32, originalTo: i32): bool { return worldDiscarded(session, to, originalTo); }
  redirect(node: i32, messageId: i32, target: i32, now: i32): void { worldRedirect(node, messageId, target, now); }
  list(node: i32, to: i32): void { worldList(node, to); }
  nextListed(node: i32): i32 { return worldNextListed(node); }
}
