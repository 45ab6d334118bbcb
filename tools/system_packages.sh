#!/bin/sh
# Install the Debian packages named, when apt is there and may be used; otherwise say what to run.
missing=""
for package in "$@"; do
    case "$package" in
        tesseract-ocr) command -v tesseract >/dev/null 2>&1 || missing="$missing $package" ;;
        tesseract-ocr-kor) tesseract --list-langs 2>/dev/null | grep -q '^kor$' || missing="$missing $package" ;;
        chromium) command -v chromium >/dev/null 2>&1 || missing="$missing $package" ;;
        postgresql) ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing $package" ;;
        *) dpkg -s "$package" >/dev/null 2>&1 || missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1; then
    echo "== 다음을 설치하면 좋습니다:$missing"
    exit 0
fi
sudo=""
if [ "$(id -u)" != 0 ]; then
    if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then sudo="sudo -n"; else
        echo "== 권한이 없어 건너뜁니다. 설치하려면: sudo apt-get install$missing"
        exit 0
    fi
fi
echo "== 시스템 패키지를 설치합니다:$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
{ $sudo apt-get install -y -qq --no-install-recommends $missing ||
    { $sudo apt-get update -qq && $sudo apt-get install -y -qq --no-install-recommends $missing; }; } >/dev/null 2>&1 ||
    echo "== 설치하지 못했습니다. 직접 설치하려면: sudo apt-get install$missing"
exit 0
