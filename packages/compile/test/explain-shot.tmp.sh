chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=${3:-1280},${4:-1400} $5 --screenshot=/tmp/explain-$2.png file://$1 2>/dev/null >/dev/null
