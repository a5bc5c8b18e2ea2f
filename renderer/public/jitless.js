// zod compiles its checks with `new Function` where it may, and tries that first. The page's policy forbids it, and a
// forbidden try is reported like an attack. Said here, in a classic script, so that it runs before any module.
globalThis.__zod_globalConfig = { jitless: true };
