import {
  Button,
  Checkbox,
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
  Menu,
  Modal,
  NumberInput,
  PasswordInput,
  Popover,
  SegmentedControl,
  Select,
  Textarea,
  TextInput,
  Tooltip,
} from '@mantine/core';
import { cssVariables, dark, light } from './tokens.ts';

const mono = "'JetBrains Mono Variable', ui-monospace, 'SFMono-Regular', Menlo, Consolas, monospace";
const sans = "'Inter Variable', 'Inter', system-ui, -apple-system, 'Segoe UI', sans-serif";

/** A point between two #RRGGBB colours. */
function between(from: string, to: string, share: number): string {
  const part = (at: number) => {
    const a = Number.parseInt(from.slice(at, at + 2), 16);
    const b = Number.parseInt(to.slice(at, at + 2), 16);
    return Math.round(a + (b - a) * share)
      .toString(16)
      .padStart(2, '0');
  };
  return `#${part(1)}${part(3)}${part(5)}`;
}

/** Ten steps from a tint to a deep shade; step 3 is the dark scheme's colour and step 7 the light one's. */
function tuple(tint: string, step3: string, step7: string): MantineColorsTuple {
  const step = (at: number) => {
    if (at <= 3) return between(tint, step3, at / 3);
    if (at <= 7) return between(step3, step7, (at - 3) / 4);
    return between(step7, '#000000', (at - 7) * 0.2);
  };
  return [step(0), step(1), step(2), step(3), step(4), step(5), step(6), step(7), step(8), step(9)];
}

export const theme = createTheme({
  colors: {
    pdAccent: tuple(light['bg-sel'], dark.accent, light.accent),
    pdOk: tuple(light['ok-bg'], dark.ok, light.ok),
    pdWarn: tuple(light['warn-bg'], dark.warn, light.warn),
    pdBad: tuple(light['bad-bg'], dark.bad, light.bad),
    pdHeld: tuple(light['held-bg'], dark.held, light.held),
    pdMute: tuple(light['mute-bg'], dark.mute, light.mute),
    pdGray: tuple(light['bg-sunken'], light['line-2'], light['text-2']),
  },
  primaryColor: 'pdAccent',
  primaryShade: { light: 7, dark: 3 },
  autoContrast: true,
  fontFamily: sans,
  fontFamilyMonospace: mono,
  fontSizes: { xs: '11px', sm: '12px', md: '13px', lg: '16px', xl: '24px' },
  lineHeights: { xs: '16px', sm: '16px', md: '20px', lg: '24px', xl: '32px' },
  headings: {
    fontFamily: sans,
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '24px', lineHeight: '32px' },
      h2: { fontSize: '16px', lineHeight: '24px' },
      h3: { fontSize: '15px', lineHeight: '20px' },
      h4: { fontSize: '13px', lineHeight: '20px' },
    },
  },
  spacing: { xs: '4px', sm: '8px', md: '12px', lg: '16px', xl: '24px' },
  radius: { xs: '3px', sm: '4px', md: '6px', lg: '8px', xl: '10px' },
  defaultRadius: 'md',
  shadows: {
    xs: 'none',
    sm: 'none',
    md: 'var(--pd-shadow-tray)',
    lg: 'var(--pd-shadow-dialog)',
    xl: 'var(--pd-shadow-dialog)',
  },
  respectReducedMotion: true,
  focusRing: 'auto',
  cursorType: 'default',
  variantColorResolver: (input) => {
    if (input.variant === 'ink') {
      const paint = 'var(--pd-ink)';
      return { background: paint, hover: paint, color: 'var(--pd-on-ink)', border: `1px solid ${paint}` };
    }
    if (input.variant === 'danger') {
      const paint = 'var(--pd-danger)';
      return { background: paint, hover: paint, color: 'var(--pd-on-danger)', border: `1px solid ${paint}` };
    }
    if (input.variant === 'danger-quiet') {
      return {
        background: 'var(--pd-bg)',
        hover: 'var(--pd-bg-hover)',
        color: 'var(--pd-bad)',
        border: '1px solid var(--pd-line-2)',
      };
    }
    return defaultVariantColorsResolver(input);
  },
  components: {
    Button: Button.extend({
      defaultProps: { size: 'xs', variant: 'default' },
      vars: (_theme, props) => ({
        root: {
          '--button-height': props.size === 'compact-xs' ? '24px' : '28px',
          '--button-padding-x': props.size === 'compact-xs' ? '8px' : '10px',
          '--button-fz': '12.5px',
        },
      }),
    }),
    TextInput: TextInput.extend({ defaultProps: { size: 'xs' } }),
    PasswordInput: PasswordInput.extend({ defaultProps: { size: 'xs' } }),
    NumberInput: NumberInput.extend({ defaultProps: { size: 'xs' } }),
    Textarea: Textarea.extend({ defaultProps: { size: 'xs' } }),
    Select: Select.extend({ defaultProps: { size: 'xs', checkIconPosition: 'right' } }),
    SegmentedControl: SegmentedControl.extend({ defaultProps: { size: 'xs' } }),
    Checkbox: Checkbox.extend({ defaultProps: { size: 'xs', radius: 'xs' } }),
    Modal: Modal.extend({
      defaultProps: {
        radius: 'xl',
        shadow: 'lg',
        transitionProps: { duration: 160, transition: 'fade-up', timingFunction: 'ease-out' },
        overlayProps: { color: 'transparent', backgroundOpacity: 1, blur: 0 },
      },
    }),
    // Without the placeholder the first item has the keyboard: a focusable div is no child that a menu may have (ARIA 1.2).
    Menu: Menu.extend({
      defaultProps: {
        radius: 'lg',
        shadow: 'md',
        transitionProps: { duration: 120 },
        withInitialFocusPlaceholder: false,
      },
    }),
    Popover: Popover.extend({ defaultProps: { radius: 'lg', shadow: 'md', transitionProps: { duration: 120 } } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 400, radius: 'sm', transitionProps: { duration: 120 } } }),
  },
});

/** Says the page's tokens in Mantine's own variables, so that its parts and ours cannot differ. */
export const cssVariablesResolver: CSSVariablesResolver = () => {
  const scheme = {
    '--mantine-color-body': 'var(--pd-bg)',
    '--mantine-color-text': 'var(--pd-text)',
    '--mantine-color-bright': 'var(--pd-text)',
    '--mantine-color-dimmed': 'var(--pd-text-2)',
    '--mantine-color-placeholder': 'var(--pd-text-3)',
    '--mantine-color-anchor': 'var(--pd-accent)',
    '--mantine-color-error': 'var(--pd-bad)',
    '--mantine-color-default': 'var(--pd-bg)',
    '--mantine-color-default-hover': 'var(--pd-bg-hover)',
    '--mantine-color-default-color': 'var(--pd-text)',
    '--mantine-color-default-border': 'var(--pd-line-2)',
    '--mantine-color-disabled': 'var(--pd-bg-hover)',
    '--mantine-color-disabled-color': 'var(--pd-text-3)',
    '--mantine-color-disabled-border': 'var(--pd-line)',
    '--mantine-primary-color-filled': 'var(--pd-accent)',
    '--mantine-primary-color-filled-hover': 'var(--pd-accent)',
    '--mantine-primary-color-contrast': 'var(--pd-on-accent)',
  };
  return {
    variables: {},
    light: { ...cssVariables(light), ...scheme },
    dark: { ...cssVariables(dark), ...scheme },
  };
};
