# about: npm 6 installs two packages and draws its bar of blocks with the step it is at.
# npm: npm@6
# command: npm install express@4 request@2
echo '{"name": "example", "version": "1.0.0", "license": "MIT", "repository": "x/y", "description": "x"}' > package.json
npm install --cache cache --no-update-notifier --no-audit express@4 request@2
