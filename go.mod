module github.com/radius-dynauth/dynauth

go 1.26.0

require (
	github.com/stretchr/testify v1.12.1
	layeh.com/radius v0.0.0-20231213012653-1006025d24f8
)

require go.yaml.in/yaml/v3 v3.0.5 // indirect
