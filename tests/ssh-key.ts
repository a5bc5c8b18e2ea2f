import ssh2 from 'ssh2';

/**
 * A new Ed25519 key that can be read again. Of some 250 keys that ssh2 makes, one cannot: it writes a public key that
 * begins with a zero byte without that byte.
 */
export function newKey(options: { passphrase?: string } = {}): { private: string; public: string } {
  const { passphrase } = options;
  for (;;) {
    const key = ssh2.utils.generateKeyPairSync(
      'ed25519',
      passphrase === undefined ? {} : { passphrase, cipher: 'aes256-ctr', rounds: 4 },
    );
    if (!(ssh2.utils.parseKey(key.public) instanceof Error)) return key;
  }
}
