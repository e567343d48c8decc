#!/bin/sh
# What the three environments hold (CycloneDX), and which known vulnerabilities it has: reports/sbom-*.json and
# reports/audit-*.json. Arguments go to pip-audit, such as `-s osv` for another service.
# Exit status: 1 vulnerabilities, 2 the service could not be asked.
set -u
cd "$(dirname "$0")/.."
mkdir -p reports
rm -f reports/sbom-*.json reports/audit-*.json
for lock in dev analytics airflow; do
    cyclonedx-py requirements "requirements/$lock.txt" --pyproject pyproject.toml --no-validate --output-reproducible \
        --output-format JSON --output-file "reports/sbom-$lock.json" 2>&1 | grep -v -i warn
    test -s "reports/sbom-$lock.json" || exit 2
done

# A package that the service does not know of is passed over, and a service that knows of none finds nothing bad in any.
# So it is first asked for a version whose vulnerabilities are known since 2019.
ask() { pip-audit --strict --disable-pip --progress-spinner off --format json "$@"; }
known=$(mktemp)
trap 'rm -f "$known"' EXIT
echo "urllib3==1.24.1" > "$known"
if ! ask --no-deps --requirement "$known" "$@" 2>/dev/null | grep -q CVE-2019-11324; then
    echo "The service that knows vulnerabilities could not be asked: NOTHING WAS AUDITED. (The software bills of" \
        "materials are in reports/.) From another network, or with another service: \`make audit AUDIT='-s osv'\`." >&2
    exit 2
fi
status=0
for lock in dev analytics airflow; do
    echo "requirements/$lock.txt"
    ask --require-hashes --requirement "requirements/$lock.txt" --output "reports/audit-$lock.json" "$@" || status=1
done
exit $status
