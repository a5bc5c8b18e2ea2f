/** `npm run lab -- up|down|status|in`: the lab by hand. See README.md beside this file. */
import { DOMAINS, HOST_NAMES, type HostName, instanceName, knownInstances, running } from './instance.ts';
import { Lab, SECRETS, USERS } from './index.ts';
import { down, remains, up } from './updown.ts';

const USAGE = `lab up [--systemd] [--mx3] [HOST...]   start (or complete) the lab; mx3 needs --systemd
lab down                               end it, leaving nothing behind
lab status [--json]                    what runs, addresses, logins
lab in HOST [COMMAND...]               run a command inside a host (default: bash)
lab reset                              mail hosts back to the state after their start

POSTDECK_LAB_NAME   instance name, default pd; instances run side by side
POSTDECK_LAB_NET    subnet, default 10.77.0 for pd and one made from the name for others
POSTDECK_LAB_STATE  base layer and run files, default ~/.cache/postdeck-lab`;

const say = (line: string): void => console.error(`lab: ${line}`);

async function main(argv: readonly string[]): Promise<number> {
  const [verb, ...rest] = argv;
  const name = instanceName();
  switch (verb) {
    case 'up': {
      const hosts = rest.filter((word) => !word.startsWith('--'));
      const unknown = hosts.filter((word) => !(HOST_NAMES as readonly string[]).includes(word));
      if (unknown.length > 0) return fail(`no host ${unknown.join(', ')}; there are ${HOST_NAMES.join(' ')}`);
      const chosen =
        hosts.length > 0 ? (hosts as HostName[]) : HOST_NAMES.filter((h) => h !== 'mx3' || rest.includes('--mx3'));
      await up({ name, hosts: chosen, init: rest.includes('--systemd') ? 'systemd' : 'plain', say });
      return 0;
    }
    case 'down': {
      await down(name, say);
      const left = await remains(name);
      for (const what of left) say(`still there: ${what}`);
      return left.length === 0 ? 0 : 1;
    }
    case 'status':
      return rest.includes('--json') ? statusJson(name) : statusText(name);
    case 'in': {
      const [host, ...command] = rest;
      return theLab(name)
        .host(host as HostName)
        .attach(command.length > 0 ? command : ['bash']);
    }
    case 'reset':
      await theLab(name).reset();
      return 0;
    case undefined:
    case 'help':
    case '--help':
      console.log(USAGE);
      return verb === undefined ? 2 : 0;
    default:
      return fail(`no command "${verb}"\n${USAGE}`);
  }
}

function theLab(name: string): Lab {
  const record = running(name);
  if (record === undefined) throw new Error(`lab "${name}" is not up: npm run lab -- up`);
  return new Lab(record);
}

function describe(name: string) {
  const lab = theLab(name);
  return {
    name,
    net: `${lab.net}.0/24`,
    testerAddress: lab.testerAddress,
    clientAddresses: lab.clientAddresses,
    encryptedKey: { file: lab.encryptedKey, passphrase: SECRETS.encryptedKey },
    secrets: SECRETS,
    hosts: lab.hosts.map((host) => ({
      name: host.name,
      fqdn: `${host.name}.lab.test`,
      address: host.address,
      init: host.init,
      ...(host.hostKeys.length > 0 && {
        sshPort: host.port,
        users: USERS,
        keyFile: host.keyFile,
        hostKeys: host.hostKeys,
      }),
      domains: DOMAINS[host.name],
    })),
  };
}

function statusJson(name: string): number {
  if (running(name) === undefined) {
    console.log(JSON.stringify({ name, up: false }));
    return 1;
  }
  console.log(JSON.stringify({ up: true, ...describe(name) }, null, 2));
  return 0;
}

function statusText(name: string): number {
  const others = knownInstances().filter((other) => other !== name && running(other) !== undefined);
  if (others.length > 0) console.log(`also up: ${others.join(' ')}`);
  if (running(name) === undefined) {
    console.log(`${name}: down`);
    return 1;
  }
  const info = describe(name);
  console.log(`${name}: up, ${info.net}, connections from here come from ${info.testerAddress}`);
  for (const host of info.hosts) {
    console.log(`${host.name.padEnd(4)} ${host.address.padEnd(14)} ${host.init.padEnd(8)} ${host.domains.join(' ')}`);
  }
  const key = info.hosts.find((host) => host.keyFile)?.keyFile;
  console.log(`ssh -i ${key} root@${info.hosts.find((host) => host.name === 'mx1')?.address}`);
  return 0;
}

function fail(why: string): number {
  say(why);
  return 2;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
