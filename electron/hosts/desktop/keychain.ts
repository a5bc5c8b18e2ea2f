import type { SecretKeeper } from '#core/console.ts';
import type { KeychainAnswer, KeychainAsk } from '#shared/model/shell-link.ts';
import type { Tell } from './parent.ts';

/** The OS keychain as this process reaches it: safeStorage lives in the shell, so every question goes there. */
export interface KeychainLink {
  keeper: SecretKeeper;
  /** Takes the shell's answer to question `id`. */
  answered(id: number, answer: KeychainAnswer): void;
}

export function linkKeychain(send: Tell): KeychainLink {
  const waiting = new Map<number, (answer: KeychainAnswer) => void>();
  let lastId = 0;

  async function ask(question: KeychainAsk): Promise<Extract<KeychainAnswer, { ok: true }>> {
    const id = ++lastId;
    const answer = await new Promise<KeychainAnswer>((resolve) => {
      waiting.set(id, resolve);
      send({ type: 'keychain', id, ask: question });
    });
    if (!answer.ok) throw new Error(answer.words);
    return answer;
  }

  return {
    keeper: {
      kind: 'keychain',
      get: async (account) => (await ask({ op: 'get', account })).value,
      set: async (account, secret) => void (await ask({ op: 'set', account, secret })),
      delete: async (account) => (await ask({ op: 'delete', account })).deleted,
    },
    answered(id, answer) {
      waiting.get(id)?.(answer);
      waiting.delete(id);
    },
  };
}
