module bgpaudit

go 1.26
