"""The page on which people watch a machine: one HTML file that needs no other file, no network and no server.

`codec` turns arrays into text, `places` says where p-bits are drawn, `machine` what a Program is, `history` what one
read did, `law` what its correlations should be, and `page` joins them to one file with the script and style in page/.
"""
