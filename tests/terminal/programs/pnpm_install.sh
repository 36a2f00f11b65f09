# about: pnpm installs two packages and writes its count over itself.
# npm: pnpm@9
# command: pnpm install
echo '{"name": "example", "version": "1.0.0", "license": "MIT", "dependencies": {"express": "4", "chalk": "5"}}' > package.json
npm_config_update_notifier=false pnpm install --store-dir store
