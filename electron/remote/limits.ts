/**
 * Every limit of this room, each with the threat it stops and why that number. Servers and what they print are
 * hostile input: a server that was broken into must not be able to take the console with it.
 */
const KiB = 1024;
const MiB = 1024 * KiB;

export const LIMITS = {
  /** A server that accepts the connection and then says nothing. A slow LDAP login needs about 10 s, two hops twice that. */
  CONNECT_SECONDS: 30,
  /** A command that hangs (a dead NFS mount, a lock). Reading a queue of 500,000 messages takes about 20 s. */
  COMMAND_SECONDS: 120,
  /** A command that ignores the signal to end. TERM handlers of mail tools are done well within this. */
  STOP_SECONDS: 3,
  /**
   * A command that goes on after its connection was lost, and that the next one waits for. A batch of postsuper(1) takes
   * half a second, on a slow disk some seconds.
   */
  LEFTOVER_SECONDS: 15,
  /** sudo that does not ask for the password it was expected to ask for; PAM with a network behind it asks within 2 s. */
  SUDO_PROMPT_SECONDS: 6,

  /** An endless answer filling memory. 500,000 queued messages are about 150 MiB, and those are streamed, not kept. */
  OUTPUT_BYTES: 64 * MiB,
  /** An endless stream handed on. Above any queue archive; a caller that expects more says so. */
  STREAM_BYTES: 16 * 1024 * MiB,
  /** Endless errors. postsuper(1) prints a line of about 30 bytes a message: this is 500,000 of them. */
  STDERR_BYTES: 16 * MiB,
  /** Errors carried in a failure to the page and the journal. */
  STDERR_SHOWN: 4 * KiB,
  /** The kernel takes no single argument above 128 KiB (MAX_ARG_STRLEN), and the command line is one to the remote shell. */
  COMMAND_LINE_BYTES: 120 * KiB,

  /** A connection to a port of the machine itself, which is made at once or refused; a full backlog takes seconds. */
  FORWARD_SECONDS: 15,
  /** An IMAP server that stops in the middle of an answer. A search through a large folder takes some seconds. */
  IMAP_SILENCE_SECONDS: 60,
  /** Channels at once on one connection. sshd's MaxSessions is 10 by default: two stay free for ending commands. */
  CHANNELS: 8,
  /** Commands waiting for a channel: a page that asks without end. */
  CHANNELS_WAITING: 1000,
  /** Jump hosts in a row; the same as the profile's schema. */
  HOPS: 4,
  /** A connection through a firewall that forgets idle ones. Lost after three unanswered. */
  KEEPALIVE_SECONDS: 15,
  KEEPALIVE_MISSED: 3,
  /** Reconnecting: the first wait, and the longest. Half of each wait is random, so that consoles do not come in step. */
  BACKOFF_FIRST_SECONDS: 1,
  BACKOFF_LONGEST_SECONDS: 120,

  /** A known_hosts file that is not one. 100,000 hosts are about 20 MiB. */
  KNOWN_HOSTS_BYTES: 32 * MiB,
  /** A private key file that is not one. */
  KEY_FILE_BYTES: 64 * KiB,
  /** An ssh_config with all its Include files. */
  SSH_CONFIG_BYTES: 1 * MiB,
  SSH_CONFIG_FILES: 64,
  SSH_CONFIG_HOSTS: 2000,
  /** Attempts of one login: sshd hangs up at the sixth that fails (MaxAuthTries), and bans count them. */
  AUTH_ATTEMPTS: 6,
  /** Prompts of keyboard-interactive login, and their length: they are shown to a person. */
  PROMPTS: 8,
  PROMPT_CHARS: 300,
} as const;
