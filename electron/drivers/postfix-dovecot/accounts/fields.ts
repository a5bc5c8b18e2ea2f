/** Extra field of a passwd-file entry that keeps the last day an account is meant for. Dovecot ignores it. */
export const EXPIRES_FIELD = 'userdb_postdeck_expires';

/** Extra field of an entry that the daily job locked, so that a later date unlocks what a person did not lock. */
export const LOCKED_FIELD = 'userdb_postdeck_locked';

/** Columns of PostfixAdmin's schema beyond those the queries name. */
export const NAME_COLUMN = 'name';
