# Mokmin. `make up` starts it, `make test` checks it. Needs Python 3.11 or newer and make.
PYTHON ?= python3
HOME_DIR ?= .home
DEMO ?= 1
PIP = .venv/bin/python -m pip --disable-pip-version-check
SETUP = .venv/.setup-$(shell cat requirements.lock pyproject.toml | cksum | cut -d' ' -f1)
DEVSETUP = .venv/.dev-$(shell cat requirements-dev.lock | cksum | cut -d' ' -f1)

.PHONY: up setup test coverage check system wheel clean
up: setup system
	@.venv/bin/mokmin --home "$(HOME_DIR)" up $(if $(filter 0,$(DEMO)),--no-demo)

setup: $(SETUP)
$(SETUP):
	@echo "== 파이썬 패키지를 설치합니다 (.venv)"
	@test -x .venv/bin/python || $(PYTHON) -m venv .venv
	@$(PIP) install -q --no-compile --no-deps --require-hashes -r requirements.lock
	@$(PIP) install -q --no-deps --no-build-isolation -e .
	@# Test suites and C headers that packages bring along: 45 MB that nothing here imports.
	@find .venv/lib -path '*/site-packages/*' -type d \( -name tests -o -name include -o -path '*/onnx/backend/test' \) -prune -exec rm -rf {} +
	@rm -f .venv/.setup-* && touch $@

# What helps but is not needed: character recognition for scans.
system:
	@sh tools/system_packages.sh tesseract-ocr tesseract-ocr-kor

$(DEVSETUP): $(SETUP)
	@echo "== 시험에 쓰는 패키지를 설치합니다"
	@$(PIP) install -q --no-deps --require-hashes -r requirements-dev.lock
	@rm -f .venv/.dev-* && touch $@

test: $(DEVSETUP)
	@sh tools/system_packages.sh tesseract-ocr tesseract-ocr-kor chromium postgresql
	@$(MAKE) --no-print-directory check
	@# Databases of tests need no disk: where memory has room, they lie there.
	@if [ "$$(df -Pk /dev/shm 2>/dev/null | awk 'NR==2 {print $$4}')" -gt 6000000 ] 2>/dev/null; then export TMPDIR=/dev/shm; fi; \
	.venv/bin/python -m pytest -n 2 --dist loadgroup $(ARGS)

# The same tests with the lines that they reach; slower.
coverage:
	@$(MAKE) --no-print-directory test ARGS="--cov --cov-report=term:skip-covered $(ARGS)"

check:
	@echo "== 규칙을 확인합니다: ruff, mypy, import-linter"
	@.venv/bin/ruff check -q mokmin tests tools benchmarks
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-cache

wheel: $(DEVSETUP)
	@.venv/bin/python -m build --no-isolation --wheel

clean:
	rm -rf .venv build dist *.egg-info
