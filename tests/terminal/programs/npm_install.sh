# about: npm installs four packages into an empty project and draws a spinner.
# path: npm node
# command: npm install express@4 chalk@5 rollup@4 request@2
echo '{"name": "example", "version": "1.0.0", "license": "MIT"}' > package.json
npm install --cache cache --no-update-notifier express@4 chalk@5 rollup@4 request@2
