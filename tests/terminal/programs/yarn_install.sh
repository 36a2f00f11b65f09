# about: yarn 1 installs two packages, with a bar for what it fetches and one for what it links.
# npm: yarn@1
# command: yarn install
echo '{"name": "example", "version": "1.0.0", "license": "MIT", "dependencies": {"express": "4", "request": "2"}}' > package.json
echo 'disable-self-update-check true' > "$HOME/.yarnrc"
yarn install --cache-folder cache --ignore-scripts --no-bin-links
