# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Very expensive Services. Read after lib.sh.

# monster NAME NUMBER PORTS EXTERNAL-IPS SLICES ENDPOINTS - the endpoints of each slice
monster() {
	awk -v name="$1" -v number="$2" -v ports="$3" -v ips="$4" -v slices="$5" -v endpoints="$6" 'BEGIN {
		printf "{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [{\"apiVersion\": \"v1\", \"kind\": \"Service\""
		printf ", \"metadata\": {\"name\": \"%s\"}, \"spec\": {\"clusterIP\": \"10.96.1.%d\", \"externalIPs\": [", name, number
		for (i = 0; i < ips; i++)
			printf "%s\"198.18.%d.%d\"", i ? "," : "", i / 250, i % 250 + 1
		printf "], \"ports\": ["
		for (i = 0; i < ports; i++)
			printf "%s{\"name\": \"p%d\", \"protocol\": \"TCP\", \"port\": %d}", i ? "," : "", i, i + 1
		printf "]}}"
		for (s = 0; s < slices; s++) {
			printf ",\n{\"apiVersion\": \"discovery.k8s.io/v1\", \"kind\": \"EndpointSlice\", \"addressType\": \"IPv4\""
			printf ", \"metadata\": {\"name\": \"%s-%d\"", name, s
			printf ", \"labels\": {\"kubernetes.io/service-name\": \"%s\"}}, \"ports\": [", name
			for (i = 0; i < ports; i++)
				printf "%s{\"name\": \"p%d\", \"protocol\": \"TCP\", \"port\": 8080}", i ? "," : "", i
			printf "], \"endpoints\": ["
			for (i = 0; i < endpoints; i++)
				printf "%s{\"addresses\": [\"10.100.%d.%d\"]}", i ? "," : "", s * 20 + i / 250, i % 250 + 1
			printf "]}"
		}
		print "]}"
	}'
}
