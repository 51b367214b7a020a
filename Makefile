# Two commands do everything on a fresh machine (Python 3.11 to 3.14, pip and make): `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO := build/demo
PROFILE := nt1-taalgroeiers
LIBRARY := L005
OUT := build/demo-library
ISLP_VERSION := 0.6.0
# As the extra in pyproject.toml says.
SPARK := pyspark>=4.1,<5

.PHONY: uses like-top bench-matching bench-web demo demo-library app test test-slow test-spark lint format lock bench bench-speed experiment-001 experiment-002 experiment-003 \
	experiment-003-other experiment-005 experiment-006 experiment-007 experiment-008 experiment-009 experiment-011 clean setup

demo: $(READY)  ## a simulated Netherlands of 100,000 households, the NT1 profile made of it, and what one library receives
	$(BIN)/profiling simulate --out $(DEMO) --households 100000 --seed 1
	$(BIN)/profiling run configs/profiles/nt1-taalgroeiers.toml --data $(DEMO)
	$(MAKE) --no-print-directory demo-library

USES := build/uses
USE := --profile nt1-taalgroeiers --population configs/populations/simulated-nl.toml --data $(DEMO)
SITES := --branches $(DEMO)/branches.csv --polygons $(DEMO)/polygons

uses: $(READY)  ## the six uses of segments and profiles, on the demo (make demo comes first)
	$(BIN)/python examples/uses_files.py $(DEMO) $(USES)/files
	$(BIN)/profiling catchment $(USES)/files/members.csv $(USE) $(SITES) --method radius --radius 1500 \
		--out $(USES)/catchment
	$(BIN)/profiling top-customers $(USES)/files/members.csv $(USE) --column uitleningen --top 0.2 \
		--reference like-top --contact datateam@example.org --out $(USES)/top-customers
	$(BIN)/profiling experiment design --base 0.06 --n 4000 --control 0.25 --out $(USES)/experiment-design
	$(BIN)/profiling experiment evaluate $(USES)/files/outcome.csv --group groep --outcome lid \
		--out $(USES)/experiment-outcome
	$(BIN)/profiling branches $(USES)/files/members.csv $(USE) $(SITES) --out $(USES)/branches
	$(BIN)/profiling expansion nt1-taalgroeiers $(SITES) --candidates $(USES)/files/candidates.csv --radius 1500 \
		--out $(USES)/expansion
	$(BIN)/profiling media-plan nt1-taalgroeiers --out $(USES)/media-plan
	$(BIN)/profiling partners voedselbank=$(USES)/files/food-bank.csv museum=$(USES)/files/museum.csv $(USE) \
		--out $(USES)/partners

like-top: $(READY)  ## a profile of who is like the top customers (make uses comes first)
	$(BIN)/profiling run $(USES)/top-customers-reference/profile.toml --data $(DEMO)

app: $(READY)  ## the analysis tool in the browser, over the demo (make demo comes first)
	$(BIN)/profiling app --population configs/populations/simulated-nl.toml --data $(DEMO) \
		--work-areas $(DEMO)/work_areas.csv --policy configs/selections-simulated.toml --addresses
AREA := --work-area $(LIBRARY) --work-areas $(DEMO)/work_areas.csv
LAND := --population configs/populations/simulated-nl.toml --data $(DEMO)
MEMBERS := SELECT patron, postcode, house_number, addition FROM '$(DEMO)/members.parquet' JOIN '$(DEMO)/branches.csv' \
	USING (branch) WHERE library = '$(LIBRARY)' ORDER BY patron

demo-library: $(READY)  ## what library $(LIBRARY) receives: area analysis, addresses, its file enriched, reports 1 and 2
	rm -rf $(OUT)
	$(BIN)/profiling area --profile $(PROFILE) $(AREA) --level wijk --base national --polygons $(DEMO)/polygons --out $(OUT)/area
	$(BIN)/profiling addresses select $(PROFILE) $(AREA) $(LAND) --n 200 --on 2026-10-05 --register $(OUT)/register \
		--purpose "Uitnodiging voor de taalcursus" --requester "Bibliotheek $(LIBRARY)" --out $(OUT)/addresses.xlsx
	$(BIN)/python -c "import duckdb; duckdb.sql(\"COPY ($(MEMBERS)) TO '$(OUT)/members.csv'\")"
	$(BIN)/profiling enrich $(OUT)/members.csv --profile $(PROFILE) $(LAND) --out $(OUT)/members-enriched.xlsx
	$(BIN)/profiling report segments --profile $(PROFILE) $(LAND) --out $(OUT)/segments
	$(BIN)/profiling report 1 --profile $(PROFILE) $(AREA) --polygons $(DEMO)/polygons --sheets $(OUT)/segments --out $(OUT)/report-1
	$(BIN)/profiling report 2 --profile $(PROFILE) $(AREA) $(LAND) --polygons $(DEMO)/polygons \
		--sheets $(OUT)/segments --members $(OUT)/members.csv --out $(OUT)/report-2
	@printf '\n%s\n' "Library $(LIBRARY) ($(OUT)):" \
		"  area analysis      $(OUT)/area/area.nl.html" \
		"  addresses          $(OUT)/addresses.xlsx" \
		"  enriched file      $(OUT)/members-enriched.xlsx" \
		"  segment sheets     $(OUT)/segments/index.nl.html" \
		"  report 1           $(OUT)/report-1/index.nl.html" \
		"  report 2           $(OUT)/report-2/index.nl.html"

test: $(READY)  ## all tests that take seconds
	$(BIN)/pytest -n 2 --dist loadfile -m "not slow"

test-slow: $(READY)  ## the tests that take minutes
	$(BIN)/pytest -m slow

test-spark: $(VENV)/.spark  ## Apache Spark gives the same bytes as this machine (needs Java 17; installs 0.5 GB)
	$(BIN)/pytest tests/engines

$(VENV)/.spark: requirements-spark.lock $(READY)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --require-hashes \
		--requirement requirements-spark.lock
	touch $@

lint: $(READY)  ## style, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY)  ## time and memory of the national run: 8.2 million simulated households (needs 6 GB of disk)
	$(BIN)/python experiments/000-national-run/run.py

bench-matching: $(READY)  ## a million addresses, as people type them, against the same 8.2 million households
	$(BIN)/python experiments/000-national-run/matching.py

bench-web: $(READY) build/load/.ready  ## the analysis tool under load, over the profile that `make bench` leaves behind
	$(BIN)/python experiments/010-web-load/run.py build/load/bin/locust

build/load/.ready: experiments/010-web-load/requirements.lock
	$(PYTHON) -m venv build/load
	build/load/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	touch $@

bench-speed: $(READY)  ## 8.2 million households scored in every way there is (3 GB of disk; pandas takes 11 GB of memory)
	$(BIN)/python experiments/004-national-speed/run.py

experiment-001: $(READY) build/coil2000/Caravan.csv  ## CoIL 2000
	$(BIN)/python experiments/001-coil2000/run.py

build/coil2000/Caravan.csv: | $(READY)
	mkdir -p build/coil2000
	$(BIN)/pip download --quiet --no-deps --dest build/coil2000 ISLP==$(ISLP_VERSION)
	cd build/coil2000 && $(CURDIR)/$(BIN)/python -m zipfile -e ISLP-$(ISLP_VERSION)-*.whl wheel
	mv build/coil2000/wheel/ISLP/data/Caravan.csv $@
	rm -rf build/coil2000/wheel

experiment-002: $(READY)  ## real households of ../shared/data/acs
	$(BIN)/python experiments/002-acs-households/run.py

experiment-003: $(READY)  ## selection bias on ../shared/data/acs (about an hour of CPU; goes on where it was stopped)
	$(BIN)/python experiments/003-selection-bias/run.py

experiment-003-other: $(READY)  ## the same in other states, with other forms of membership and other dirt
	$(BIN)/python experiments/003-selection-bias/run.py experiments/003-selection-bias/other.toml

experiment-005: $(READY)  ## learning from postcodes; the second part reads ../shared/data/acs
	$(BIN)/python experiments/005-postcodes/run.py

experiment-006: $(READY)  ## the six candidate groups on a simulated country, against their planted truth
	$(BIN)/python experiments/006-candidate-groups/run.py

experiment-007: $(READY)  ## how often the interval of the capture holds the truth; reads ../shared/data/acs
	$(BIN)/python experiments/007-coverage/run.py

experiment-008: $(READY)  ## the size of the background, and what binning once saves; reads ../shared/data/acs
	$(BIN)/python experiments/008-background-size/run.py

experiment-009: $(READY)  ## segmentation: planted sections, the simulated country, real areas of ../shared/data/cbs
	$(BIN)/python experiments/009-segmentation/run.py

experiment-011: $(VENV)/.spark  ## what Apache Spark costs beside this machine (needs Java 17)
	$(BIN)/python experiments/011-spark-cost/run.py

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock:  ## needs uv; writes versions and hashes, no hosts
	uv pip compile experiments/010-web-load/requirements.in --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" --output-file experiments/010-web-load/requirements.lock
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" --output-file requirements.lock
	printf '%s\n' '$(SPARK)' | uv pip compile - --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" --output-file requirements-spark.lock

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c "import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 15) else 'Python 3.11 to 3.14 is needed')"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(READY)

clean:
	rm -rf build $(VENV)
