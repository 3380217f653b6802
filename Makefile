# Everything a contributor or a user runs from a checkout. Needs make, git and a python3; all else
# is fetched once into ~/.cache/postmaster.mailports (see scripts/env).

.SILENT:
.PHONY: help audit check test lint format sanity molecule prove bench fuzz dist pictures docs release clean
.DEFAULT_GOAL := help

help:
	echo 'make audit   prove the mail ports of HOST against INTENT, or of two demo hosts without it'
	echo '             HOST=name INTENT=file POLICY=name CA=file FAIL_ON=severity'
	echo '             DOMAIN=name or file RESOLVER=address DNSSEC=yes: the names around the ports too'
	echo '             exit status: 0 compliant, 2 findings, anything else: it could not be told'
	echo 'make check   style, types, the house rules, and the fast tests of the engine and the linter'
	echo 'make test    every test; what cannot run on this machine is listed at the end'
	echo 'make lint    style, types, YAML and ansible-lint'
	echo 'make format  fix what ruff can fix'
	echo 'make sanity  ansible-test sanity, without an ignore file'
	echo 'make molecule  the molecule scenarios on the two real mail hosts (root on Debian)'
	echo 'make prove   ten thousand hostile servers, then mutations of the judge (hours; COUNT=10000)'
	echo 'make bench   time the probe against its peers (root on Debian)'
	echo 'make fuzz    search for ten minutes for texts that make the linter fail (SECONDS=600)'
	echo 'make dist    build into dist/: the collection, and the wheel of the linter'
	echo 'make docs    build the documentation site into build/site, without a network'
	echo 'make release VERSION=1.0.0: changelog, tag, artefacts and checksums; publishes nothing'
	echo 'make pictures  make the pictures of the README anew, from the demo'
	echo 'make clean   remove what the other targets left in the checkout'

# make ends with 2 whatever a recipe's failure was. 2 means findings here, so any other failure
# has to end make differently: by a signal, and by the one that neither make nor a shell has a word
# for (141 in a shell). The recipe then stays until make ends it; if it ended by itself at the same
# moment, make could report that instead. Where that signal is ignored, another one does it.
audit:
	scripts/env run python scripts/audit.py && exit 0; \
	status=$$?; test $$status -eq 2 && exit 2; \
	echo "make audit: the audit itself failed (exit status $$status)" >&2; \
	kill -PIPE $$PPID; sleep 0.2; kill -TERM $$PPID 2>/dev/null || exit 3; exec sleep 60

check:
	scripts/env --own test python scripts/run_lint.py --quick
	scripts/env --own test python -m pytest -q --no-header -n 2 --dist loadfile --durations=20 \
		-m 'not programs' tests/unit tests/lint tests/hostile

test:
	scripts/env --own test python scripts/run_tests.py

lint:
	scripts/env test python scripts/run_lint.py

format:
	scripts/env test ruff check --fix
	scripts/env test ruff format

sanity:
	scripts/env test python scripts/run_sanity.py

molecule:
	scripts/env test python scripts/run_molecule.py

prove:
	scripts/env --own test python tests/hostile/prove.py $(COUNT)
	scripts/env --own prove python tests/hostile/mutate.py

bench:
	scripts/env bench python tests/bench/bench.py

fuzz:
	scripts/env fuzz python tests/lint/fuzz.py build/fuzz -max_total_time=$(or $(SECONDS),600)

dist:
	scripts/env run python scripts/build_collection.py
	scripts/env dist python scripts/build_wheel.py

pictures:
	scripts/env report python scripts/pictures.py

release:
	scripts/env test python scripts/release.py $(VERSION)

docs:
	scripts/env docs python scripts/build_docs.py

clean:
	rm -rf build dist tests/output .pytest_cache .hypothesis .mypy_cache .ruff_cache .ansible
	rm -f postmaster-mailports-*.tar.gz
	find . -name .git -prune -o -type d -name __pycache__ -exec rm -rf {} +
