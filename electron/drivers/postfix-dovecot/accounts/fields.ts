/** Extra field of a passwd-file entry that keeps the last day an account is meant for. Dovecot ignores it. */
export const EXPIRES_FIELD = 'userdb_postdeck_expires';

/** Columns of PostfixAdmin's schema beyond those the queries name. */
export const NAME_COLUMN = 'name';
