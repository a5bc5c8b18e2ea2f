import { Button, Checkbox, Modal, NumberInput, Select } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import { assertNever } from '#shared/model/assert-never.ts';
import type { AppInfo } from '#shared/contract/app.ts';
import { LOCALES, type Settings } from '#shared/model/settings.ts';
import { useAppInfo, useSettings } from '../../api/console.tsx';
import { Choices, Fact, Facts } from '../../ui/parts.tsx';
import { useDialogs } from '../dialogs.tsx';
import form from '../form.module.css';
import { FailureText } from '../way-out.tsx';
import { useSaveSettings } from './use-save-settings.ts';

const NAMES: Record<(typeof LOCALES)[number], string> = { en: 'English', pl: 'Polski' };

/** Choices that follow a person across windows. Each takes effect as it is made. */
export function SettingsDialog(props: { onClose: () => void }) {
  const { t } = useLingui();
  const settings = useSettings();
  const save = useSaveSettings();
  const info = useAppInfo();
  const set = (change: Partial<Settings>) => save.mutate(change);
  return (
    <Modal
      opened
      onClose={props.onClose}
      title={<Trans>Settings</Trans>}
      size={560}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      <div className={form.rows}>
        <span className={form.label}>
          <Trans>Theme</Trans>
        </span>
        <div>
          <Choices
            label={t`Theme`}
            value={settings.theme}
            options={[
              { value: 'auto', label: <Trans>As the system</Trans> },
              { value: 'light', label: <Trans>Light</Trans> },
              { value: 'dark', label: <Trans>Dark</Trans> },
            ]}
            onChange={(theme) => set({ theme })}
          />
        </div>
        <label className={form.label} htmlFor="settings-locale">
          <Trans>Language</Trans>
        </label>
        <Select
          id="settings-locale"
          w={220}
          allowDeselect={false}
          value={settings.locale ?? 'system'}
          data={[
            { value: 'system', label: t`As the system` },
            ...LOCALES.map((locale) => ({ value: locale, label: NAMES[locale] })),
          ]}
          onChange={(value) => set({ locale: LOCALES.find((locale) => locale === value) ?? null })}
        />
        <label className={form.label} htmlFor="settings-refresh">
          <Trans>Read the queue</Trans>
        </label>
        <div>
          <NumberInput
            id="settings-refresh"
            styles={{ input: { width: 120 }, wrapper: { width: 120 } }}
            min={0}
            max={3600}
            suffix=" s"
            value={settings.refreshSeconds}
            onChange={(value) => typeof value === 'number' && set({ refreshSeconds: value })}
            description={t`Seconds between readings of a queue on screen; 0 reads only when asked`}
            inputWrapperOrder={['input', 'description']}
          />
        </div>
        <label className={form.label} htmlFor="settings-copies">
          <Trans>Keep safe copies</Trans>
        </label>
        <NumberInput
          id="settings-copies"
          styles={{ input: { width: 120 }, wrapper: { width: 120 } }}
          min={1}
          max={3650}
          suffix={t` days`}
          value={settings.keepCopiesDays}
          onChange={(value) => typeof value === 'number' && value >= 1 && set({ keepCopiesDays: value })}
          description={t`A delete can be undone as long as its copies are kept`}
          inputWrapperOrder={['input', 'description']}
        />
        <span className={form.label}>
          <Trans>Keyboard</Trans>
        </span>
        <Checkbox
          mt={6}
          label={t`Act on single letters (h, u, r, e) outside fields`}
          checked={settings.singleKeys}
          onChange={(event) => set({ singleKeys: event.currentTarget.checked })}
        />
      </div>
      {save.error !== null && <FailureText error={save.error} />}
      {info !== undefined && (
        <section className={form.section}>
          <h3>
            <Trans>This console</Trans>
          </h3>
          <Facts>
            <Fact label={<Trans>Version</Trans>}>{info.version}</Fact>
            <Fact label={<Trans>Data</Trans>} mono>
              {info.dataDir}
            </Fact>
            <Fact label={<Trans>Journal names</Trans>}>{info.who}</Fact>
            <Fact label={<Trans>Secrets</Trans>}>
              <Keeper info={info} />
            </Fact>
          </Facts>
        </section>
      )}
      <div className={form.end}>
        <Button onClick={props.onClose}>
          <Trans>Close</Trans>
        </Button>
      </div>
    </Modal>
  );
}

function Keeper(props: { info: AppInfo }) {
  const dialogs = useDialogs();
  const { keeper, locked } = props.info.secrets;
  const unlock = () => dialogs.open({ kind: 'vault', retry: () => undefined });
  switch (keeper) {
    case 'keychain':
      return <Trans>in the keychain of this computer</Trans>;
    case 'vault':
      return locked ? (
        <>
          <Trans>in the vault, which is locked.</Trans>{' '}
          <button type="button" className="pd-link" onClick={unlock}>
            <Trans>Unlock…</Trans>
          </button>
        </>
      ) : (
        <Trans>in the vault, unlocked</Trans>
      );
    case 'session':
      return (
        <>
          <Trans>in memory, until the console ends.</Trans>{' '}
          <button type="button" className="pd-link" onClick={unlock}>
            <Trans>Make a vault…</Trans>
          </button>
        </>
      );
    default:
      return assertNever(keeper, 'keeper');
  }
}
